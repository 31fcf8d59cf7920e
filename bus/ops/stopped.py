"""What waits for a person: deliveries of subscriptions that are paused or held."""

from collections.abc import Iterator

from django.db.models import Count, Q
from django.db.models.functions import Now

from bus.models import Delivery, State, Subscription
from bus.ops import counted


def waiting_for_nobody() -> Iterator[str]:
    """A sentence for each subscription that owes something and is given no work now."""
    stopped = Subscription.objects.filter(Q(paused_at__isnull=False) | Q(held_until__gt=Now()))
    waiting = Delivery.objects.filter(subscription__in=stopped, state=State.WAITING)
    counts = dict(waiting.values_list("subscription").annotate(Count("pk")))
    for one in stopped.filter(pk__in=counts):
        wait = f"{counted(counts[one.pk])} {'waits' if counts[one.pk] == 1 else 'wait'}"
        yield f"{wait} for {one}, which is {one.status}."
