"""The pace of what was done in the last hour, as the console shows it."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from bus import Queue
from bus.console.pace import Pace, read_pace
from bus.models import Delivery, State, Subscription
from bus.store import pace
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened

pytestmark = pytest.mark.django_db(transaction=True)

DESK = Queue("desk")


def wrap(event: Happened) -> None: ...


def test_pace_counts_what_was_done_by_minute_and_time(subscribed: Subscribed) -> None:
    subscribed(wrap, queue=DESK)
    given(*happened(1, 2, 3))
    settle("desk")
    subscription = Subscription.objects.get()
    ids = list(Delivery.objects.values_list("id", flat=True))
    first = Delivery.objects.select_related("event").get(pk=ids[0])
    Delivery.objects.update(closed_at=first.event.at + timedelta(seconds=4))
    Delivery.objects.filter(pk=ids[2]).update(closed_at=first.event.at + timedelta(seconds=90))

    pace.add(ids)
    pace.add(ids[:1])

    found = read_pace(first.event.at + timedelta(minutes=10))[subscription.pk]
    assert found.done == sum(found.minutes) == 4
    assert found.percentile(0.5) == pytest.approx(4, rel=0.14)
    assert found.percentile(0.99) == pytest.approx(90, rel=0.14)


def test_pace_leaves_out_what_is_not_done(subscribed: Subscribed) -> None:
    subscribed(wrap, queue=DESK)
    given(*happened(1, 2, 3))
    fan_out()
    ids = list(Delivery.objects.values_list("id", flat=True))
    Delivery.objects.filter(stream="1").update(state=State.DEAD, closed_at=Now())
    Delivery.objects.filter(stream="2").update(state=State.DISCARDED, closed_at=Now())

    pace.add(ids)

    assert read_pace() == {}


def test_pace_of_effect_before_its_event_counts_as_shortest(subscribed: Subscribed) -> None:
    subscribed(wrap, queue=DESK)
    given(*happened(1))
    settle("desk")
    Delivery.objects.update(closed_at=Now() - timedelta(seconds=30))

    pace.add(list(Delivery.objects.values_list("id", flat=True)))

    [found] = read_pace(timezone.now() + timedelta(minutes=1)).values()
    assert found.percentile(0.5) == pytest.approx(0.001, rel=0.3)


def test_pace_is_forgotten_after_a_while(subscribed: Subscribed) -> None:
    subscribed(wrap, queue=DESK)
    given(*happened(1))
    settle("desk")
    pace.add(list(Delivery.objects.values_list("id", flat=True)))

    pace.forget(120)
    assert read_pace()
    pace.forget(-120)
    assert read_pace() == {}


def test_pace_of_nothing_has_no_percentile() -> None:
    assert Pace.sum([]) == Pace()
    assert Pace().percentile(0.5) is None
