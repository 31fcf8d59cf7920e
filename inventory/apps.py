"""Inventory: stock, reservations and movements."""

from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the count of available pieces with `shop.availability`."""
        from inventory.selectors import pieces_available
        from shop.availability import counted_by

        counted_by(pieces_available)
