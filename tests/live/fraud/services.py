"""What the fraud app does."""

from django.conf import settings

from shop.events import OrderPlaced


def screen_order(order: OrderPlaced) -> None:
    """Leave a report about the order: one file, however often."""
    folder = settings.VAR_DIR / "fraud"
    folder.mkdir(exist_ok=True)
    (folder / order.number).write_text(f"{order.total} {order.currency}: nothing unusual\n")
