"""Orders as a Django app."""

from django.apps import AppConfig
from django.db.models.signals import post_save


class OrdersConfig(AppConfig):
    name = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the one receiver of an order's `post_save`; let operators find orders."""
        from bus.console import search
        from orders.models import Order
        from orders.selectors import numbers_of
        from orders.signals import publish_when_placed

        post_save.connect(publish_when_placed, sender=Order, dispatch_uid="orders.placed")
        search.register(numbers_of, hint="an e-mail address", permission="orders.view_order")
