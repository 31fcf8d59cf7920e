"""Control: what a Redis has forgotten is sent again only when its lease is over."""

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from bus.store.rescue import rescue_sent
        from tests.support.replacement import replace

        replace(rescue_sent, lambda: 0)
