"""Publishing an event sends one task for each handler, once the change is committed."""

import os
from functools import partial
from typing import Any

from celery import Celery
from django.apps import AppConfig

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.rivals.naive")

app = Celery("naive", broker=os.environ.get("REDIS_URL"))


@app.task(name="naive.react", autoretry_for=(Exception,), default_retry_delay=1)
def react(name: str, data: dict[str, Any], personal: dict[str, Any] | None) -> None:
    """One effect: the event is in the message."""
    from bench.rivals import reacting
    from bus import handlers

    handler = handlers.find(name)
    reacting.react(handler, handler.event_type.read(handler.event_type.version, data, personal))


class Naive(AppConfig):
    name = "bench.rivals"
    label = "bench_naive"

    def ready(self) -> None:
        from django.db import transaction

        from bench.rivals import reacting
        from bus import publishing
        from tests.support.replacement import replace

        def publish(event: Any, *, cause: Any = None) -> None:  # noqa: ARG001 -- as the bus has it
            data, personal = event.split()
            for handler in reacting.handlers_to(event):
                transaction.on_commit(partial(react.delay, handler.name, data, personal))

        replace(publishing.publish, publish)
        # The bus declares a queue for each app; the usual version has Celery's one.
        app.conf.task_queues = None
