"""Control: the warehouse is told without a key by which it could know a repeat."""

from typing import Any

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from fulfillment.warehouse.http import HttpWarehouse

        send = HttpWarehouse._send

        def without_key(self: Any, body: bytes, _key: str) -> None:
            send(self, body, "")

        HttpWarehouse._send = without_key
