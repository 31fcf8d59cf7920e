"""Control: Celery takes from Redis whatever is there, by kombu's own transport and as it is."""

from celery.worker.consumer import Consumer as CeleryConsumer
from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from kombu.transport import TRANSPORT_ALIASES

        from bus.worker.consumer import Consumer

        stock = "kombu.transport.redis:Transport"
        TRANSPORT_ALIASES.update(dict.fromkeys(("redis", "rediss"), stock))
        Consumer.create_task_handler = CeleryConsumer.create_task_handler
        Consumer.on_decode_error = CeleryConsumer.on_decode_error
