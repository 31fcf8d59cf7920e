"""Control: a worker reads from the ledger what is done, without lock and token."""

from typing import Any

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP
from tests.support.replacement import replace

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from django.db import transaction
        from django.db.models import F
        from django.db.models.functions import Now

        from bus.context import Origin
        from bus.models import Delivery, State
        from bus.models.delivery import delivery_key
        from bus.sealing import Stored
        from bus.store import attempts, starts

        def attempt(handler: Any, row: Any, tries: int) -> attempts.Attempt:
            event, personal = row.event, getattr(row.event, "personal", None)
            return attempts.Attempt(
                id=row.id,
                token=row.token,
                attempts=tries,
                uncounted=row.uncounted,
                alone=row.alone,
                ambiguous=row.ambiguous,
                event_type=event.type,
                event_version=event.version,
                data=event.data,
                personal=personal
                and Stored(personal.data, personal.person and personal.person.secret, event.uuid),
                origin=Origin(
                    event.correlation, event.uuid, event.traceparent, suppressed=row.suppressed
                ),
                key=delivery_key(event.uuid, handler.name),
            )

        def start(
            handler: Any, tickets: list[starts.Ticket], _tries: list[int]
        ) -> list[attempts.Attempt]:
            mine = Delivery.objects.filter(id__in=dict(tickets), subscription__name=handler.name)
            undone = mine.exclude(state=State.DONE).select_related("event__personal__person")
            rows = list(undone.order_by("event_id"))
            begun = rows[:1] if handler.external else rows
            lease = Now() + handler.queue.lease
            with transaction.atomic():
                mine.filter(id__in=[row.id for row in rows]).update(
                    state=State.RUNNING, lease_until=lease
                )
                mine.filter(id__in=[row.id for row in begun]).update(
                    state=State.SENDING if handler.external else State.RUNNING,
                    attempts=F("attempts") + 1,
                )
            return [attempt(handler, row, row.attempts + (row in begun)) for row in rows]

        replace(starts.start, start)
