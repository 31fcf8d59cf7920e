"""Control: Celery takes from Redis whatever is there, by kombu's own transport."""

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from kombu.transport import TRANSPORT_ALIASES

        stock = "kombu.transport.redis:Transport"
        TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), stock))
