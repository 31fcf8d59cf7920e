"""Control: the warehouse is told without a key by which it could know a repeat."""

from collections.abc import Callable

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from fulfillment.warehouse.http import HttpWarehouse

        HttpWarehouse.release = without_key(HttpWarehouse.release)
        HttpWarehouse.recall = without_key(HttpWarehouse.recall)


def without_key(request: Callable[..., None]) -> Callable[..., None]:
    """The same request of the warehouse, its last argument, the key, left empty."""
    return lambda *arguments: request(*arguments[:-1], "")
