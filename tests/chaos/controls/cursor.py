"""Control: a relay that remembers the last event it has seen and asks for those with higher ids."""

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP
from tests.support.replacement import replace

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from django.db import transaction

        from bus.models import Event, Outbox
        from bus.store import outbox

        last = 0

        def fan_out(_marks: object = None) -> int:
            nonlocal last
            with transaction.atomic():
                later = Event.objects.filter(id__gt=last).order_by("id")
                events = list(later.values_list("id", flat=True)[: outbox.MOST_AT_ONCE])
                outbox.insert_deliveries(events)
                # Whoever has a cursor has no outbox: what lies behind it is thought to be seen.
                Outbox.objects.filter(event_id__lte=max(events, default=last)).delete()
            last = max(events, default=last)
            return len(events)

        replace(outbox.fan_out, fan_out)
