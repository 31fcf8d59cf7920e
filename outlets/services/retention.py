"""How long the record of webhooks is kept: as long as the ledger keeps their deliveries."""

from django.db.models import Exists, OuterRef, Value
from django.db.models.functions import Concat

from bus.models import Delivery
from bus.ops.retention import forgotten_until
from outlets.models import State, Webhook

AT_ONCE = 1000


def prune() -> int:
    """Delete the webhooks that have ended and whose deliveries were pruned; returns how many.

    One that is waiting stays, however old: its delivery may be dead, which a person must end. No
    backfill makes one again: it refuses events from before the ledger was pruned.
    """
    before, last, count = forgotten_until(), 0, 0
    # In the order of ids, which is that of time but for a few: no index of the age is needed.
    rows = Webhook.objects.order_by("pk").values_list("pk", "created_at")
    while old := [pk for pk, at in rows.filter(pk__gt=last)[:AT_ONCE] if at < before]:
        ended = Webhook.objects.filter(~_IN_LEDGER, pk__in=old).exclude(state=State.WAITING)
        pruned, _by_model = ended.delete()
        last, count = old[-1], count + pruned
    return count


_IN_LEDGER = Exists(
    Delivery.objects.filter(
        event__stream=Concat(Value("webhook-"), OuterRef("key")), event__key=OuterRef("key")
    )
)
