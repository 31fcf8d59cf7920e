"""Control: a worker asks the ledger what is done, and takes neither lock nor heed of the token."""

from typing import Any

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP
from tests.chaos.controls.replacing import replace

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from django.db import transaction

        from bus.models import Delivery, State
        from bus.worker import ledger

        def take(reaction: Any, tickets: list[ledger.Ticket]) -> list[ledger.Taken]:
            with transaction.atomic():
                rows = (
                    Delivery.objects.filter(id__in=dict(tickets), subscription__name=reaction.name)
                    .exclude(state=State.DONE)
                    .select_related("event", "event__personal", "subscription")
                    .order_by("event_id")
                )
                taken = [ledger._taken(row) for row in rows]
                lease, first = reaction.queue.lease, 1 if reaction.outside else len(taken)
                ledger._mark(taken, State.RUNNING, lease, fence=True)
                return ledger._begin(taken[:first], reaction) + taken[first:]

        replace(ledger.take, take)
