"""Inventory: what is on the shelves, and what of it is promised."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Tell the shop how many pieces can still be promised."""
        from inventory.selectors import pieces_available
        from shop.availability import counted_by

        counted_by(pieces_available)
