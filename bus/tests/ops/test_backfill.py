"""Giving a subscription the past."""

import re
from datetime import datetime, timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from bus.management.arguments import instant
from bus.models import Delivery, OperatorAction, State, Subscription
from bus.ops import Refused, pause, retire
from bus.ops.backfill import backfill
from bus.ops.retention import prune
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened, make_due, note, notes, states
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def before() -> datetime:
    return timezone.now() - timedelta(days=1)


def late_subscription(subscribed: Subscribed, *events: Happened, ordered: bool = False) -> str:
    """A subscription that registers after these events were routed to nobody."""
    given(*events)
    fan_out()
    name = subscribed(react, ordered=ordered)
    register("desk")
    Delivery.objects.all().delete()  # what the sweep of the last minute gave it
    return name


def test_backfilled_events_take_effect_once(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1, 2, 3))

    assert sum(backfill(name, since=before(), rate=100, by="ada")) == 3
    settle("desk")
    assert sum(backfill(name, since=before(), rate=100, by="ada")) == 0
    settle("desk")

    assert notes() == ["1", "2", "3"]


def test_backfill_makes_its_rate_due_per_second(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1, 2, 3, 4, 5))

    assert list(backfill(name, since=before(), rate=2, by="ada")) == [2, 2, 1]

    first, *_, last = Delivery.objects.order_by("id")
    assert timedelta(seconds=2) <= last.due_at - first.due_at < timedelta(seconds=10)


def test_ordered_subscription_is_held_during_backfill(subscribed: Subscribed) -> None:
    events = [Happened(about="a", number=number) for number in (1, 2, 3)]
    name = late_subscription(subscribed, *events, ordered=True)

    steps = backfill(name, since=before(), rate=1, by="ada")
    next(steps)
    given(Happened(about="a", number=4))
    settle("desk")
    assert notes() == []
    list(steps)
    for _ in range(2):
        make_due()
        settle("desk")

    assert notes() == ["1", "2", "3", "4"]
    action = OperatorAction.objects.exclude(what="effect").get()
    assert (action.who, action.what, action.count) == ("ada", "backfill", 3)
    assert action.subject.startswith(f"{name} since 20")


def test_interrupted_backfill_releases_its_hold(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1, 2), ordered=True)

    steps = backfill(name, since=before(), rate=1, by="ada")
    next(steps)
    del steps

    assert Subscription.objects.get(name=name).held_until is None


def test_backfill_keeps_an_earlier_pause(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1), ordered=True)
    pause(name, by="ada")

    list(backfill(name, since=before(), rate=1, by="ada"))

    assert Subscription.objects.get(name=name).paused_at is not None
    assert states() == {"1": State.WAITING}


def test_pruned_deliveries_are_not_backfilled(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1))
    Subscription.objects.update(registered_at=Now() - timedelta(days=800))

    with pytest.raises(Refused, match="their deliveries were pruned"):
        list(backfill(name, since=timezone.now() - timedelta(days=700), rate=1, by="ada"))

    assert states() == {}


def test_returned_subscription_is_not_backfilled_before_the_pruned_age(
    subscribed: Subscribed,
) -> None:
    name = late_subscription(subscribed, *happened(1))
    retire(name, by="ada", why="gone")
    list(prune(timedelta(0), by="ada"))
    register("desk")

    with pytest.raises(Refused, match="their deliveries were pruned") as refused:
        list(backfill(name, since=before(), rate=1, by="ada"))
    (offered,) = re.findall(r"--since to (\S+) or later", str(refused.value))
    list(backfill(name, since=instant(offered), rate=1, by="ada"))


def test_deliveries_pruned_during_backfill_are_not_repeated(subscribed: Subscribed) -> None:
    name = late_subscription(subscribed, *happened(1, 2))

    steps = backfill(name, since=before(), rate=1, by="ada")
    next(steps)
    list(prune(timedelta(0), by="ada"))

    with pytest.raises(Refused, match="their deliveries were pruned"):
        next(steps)
    assert states() == {"1": State.WAITING}


def test_subscription_retired_during_backfill_gets_no_more_deliveries(
    subscribed: Subscribed,
) -> None:
    name = late_subscription(subscribed, *happened(1, 2))

    steps = backfill(name, since=before(), rate=1, by="ada")
    next(steps)
    retire(name, by="ada", why="gone")

    with pytest.raises(Refused, match=f"{name} is retired; "):
        next(steps)
    assert OperatorAction.objects.get(what="backfill").count == 1


@pytest.mark.parametrize(
    ("name", "rate", "sentence"),
    [
        ("nobody", 1, "There is no subscription nobody"),
        ("", 0, "The rate is 0; it must be"),
    ],
)
def test_impossible_backfill_is_refused(
    subscribed: Subscribed, name: str, rate: int, sentence: str
) -> None:
    known = late_subscription(subscribed)

    with pytest.raises(Refused, match=sentence):
        list(backfill(name or known, since=before(), rate=rate, by="ada"))
