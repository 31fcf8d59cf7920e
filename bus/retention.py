"""How long the ledger remembers what is done."""

from datetime import timedelta

from django.db.models.functions import Now

from bus.models import Delivery, State

KEPT = timedelta(days=365)
AT_ONCE = 1000


def prune(older_than: timedelta = KEPT) -> int:
    """Remove deliveries that were done or discarded longer ago, in small steps; returns how many.

    Events stay for ever, and so do the effects' own keys.
    """
    total = 0
    while True:
        old = Delivery.objects.filter(
            state__in=[State.DONE, State.DISCARDED], closed_at__lt=Now() - older_than
        ).values_list("pk", flat=True)[:AT_ONCE]
        count, _by_model = Delivery.objects.filter(pk__in=list(old)).delete()
        total += count
        if count < AT_ONCE:
            return total
