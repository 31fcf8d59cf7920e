"""Control: a worker reads from the ledger what is done, without lock and token."""

import json
from typing import Any

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP
from tests.support.replacement import replace

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]

COLUMNS = (
    "id", "token", "attempts", "uncounted", "alone", "ambiguous", "suppressed",
    "event__uuid", "event__type", "event__version", "event__correlation", "event__traceparent",
    "event__data", "event__personal__data",
)  # fmt: skip
"""As `bus.store.starts` reads them."""


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from django.db import transaction

        from bus.models import Delivery, State
        from bus.store import attempts, starts

        def start(
            handler: Any, tickets: list[starts.Ticket], _tries: list[int]
        ) -> list[attempts.Attempt]:
            with transaction.atomic():
                mine = Delivery.objects.filter(
                    id__in=dict(tickets), subscription__name=handler.name
                )
                rows = mine.exclude(state=State.DONE).order_by("event_id").values_list(*COLUMNS)
                started = [
                    starts._attempt(handler, (*row[:-2], *map(json.dumps, row[-2:])))
                    for row in rows
                ]
                lease, first = handler.queue.lease, 1 if handler.external else len(started)
                starts._mark(started, State.RUNNING, lease)
                return starts._begin(started[:first], handler) + started[first:]

        replace(starts.start, start)
