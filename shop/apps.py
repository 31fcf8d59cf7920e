"""The catalogue and the storefront as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ShopConfig(AppConfig):
    name = "shop"
    verbose_name = "Catalogue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Load what each app says of persons."""
        autodiscover_modules("personal")
