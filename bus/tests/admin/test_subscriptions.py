"""Subscriptions in the admin: paused, resumed, retired, and given their past."""

import pytest
from django.test import Client
from django.urls import reverse

from bus import Queue, admin
from bus.models import Delivery, State, Subscription
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, World, happened, states
from bus.tests.staff import SUBSCRIPTIONS, act, log
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """A subscription that waits for one delivery."""
    name = subscribed(react)
    register("desk")
    given(*happened(3))
    fan_out()
    return name


def test_subscription_is_paused_resumed_and_retired(operator: Client, name: str) -> None:
    row = Subscription.objects.all()

    assert act(operator, SUBSCRIPTIONS, "pause", row, reason="disk") == f"Now paused: {name}."
    assert act(operator, SUBSCRIPTIONS, "resume", row) == f"Now active: {name}."
    assert act(operator, SUBSCRIPTIONS, "retire", row).startswith(
        "The reason is empty; retiring needs one"
    )
    assert act(operator, SUBSCRIPTIONS, "retire", row, reason="gone") == f"Now retired: {name}."
    assert act(operator, SUBSCRIPTIONS, "resume", row).startswith(f"{name} is retired; ")

    assert [(who, what, why) for who, what, _subject, _count, why in log()] == [
        ("ada", "pause", "disk"),
        ("ada", "resume", ""),
        ("ada", "retire", "gone"),
    ]


def test_subscription_with_many_open_deliveries_is_not_retired_in_one_request(
    operator: Client, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin.subscriptions, "MOST_CHANGED", 0)

    said = act(operator, SUBSCRIPTIONS, "retire", Subscription.objects.all(), reason="gone")

    assert said.startswith(f"{name} has more than 0 open deliveries.")
    assert states() == {"3": State.WAITING}
    assert log() == []


def test_subscription_with_deliveries_in_flight_cannot_be_retired_in_admin(
    operator: Client, name: str
) -> None:
    Delivery.objects.filter(stream="3").update(state=State.RUNNING)

    said = act(operator, SUBSCRIPTIONS, "retire", Subscription.objects.all(), reason="gone")

    assert "pause it, wait until they end, then retire it" in said


@pytest.fixture
def newcomer(subscribed: Subscribed, world: World) -> Subscription:
    """A subscription that was not there when things happened."""
    given(*happened(1, 2, 3))
    fan_out()
    subscribed(world.send, external=True, queue=Queue("desk", ordered=True))
    register("desk")
    Delivery.objects.all().delete()  # what the sweep of the last minute gave it
    return Subscription.objects.get()


def test_admin_backfills_a_subscription(operator: Client, newcomer: Subscription) -> None:
    page = reverse("admin:bus_subscription_backfill", args=[newcomer.pk])
    assert "since then that has none" in operator.get(page).content.decode()

    asked = {"since": "2026-01-31 00:00", "rate": "50", "reason": "newcomer"}
    answer = operator.post(page, asked, follow=True)

    assert "3 deliveries inserted" in " ".join(map(str, answer.context["messages"]))
    assert set(states().values()) == {State.WAITING}
    subject = f"{newcomer.name} since 2026-01-31 00:00:00"
    assert log() == [("ada", "backfill", subject, 3, "newcomer")]


def test_admin_backfill_may_be_suppressed(operator: Client, newcomer: Subscription) -> None:
    page = reverse("admin:bus_subscription_backfill", args=[newcomer.pk])

    operator.post(page, {"since": "2026-01-31 00:00", "rate": "50", "suppressed": "on"})

    assert set(states().values()) == {State.DISCARDED}


@pytest.mark.parametrize("since", ["soon", "2026-02-31 00:00", "0001-01-01 00:00", "9999-12-31"])
def test_backfill_since_an_invalid_date_is_refused_by_field(
    operator: Client, newcomer: Subscription, since: str
) -> None:
    page = reverse("admin:bus_subscription_backfill", args=[newcomer.pk])

    answer = operator.post(page, {"since": since, "rate": "50"})

    assert list(answer.context["form"].errors) == ["since"]
    assert log() == []


@pytest.mark.parametrize("number", ["0", "x", "99999999999999999999"])
def test_backfill_of_unknown_subscription_is_not_found(operator: Client, number: str) -> None:
    page = reverse("admin:bus_subscription_backfill", args=[number])

    answer = operator.get(page, follow=True)

    (said,) = answer.context["messages"]
    assert str(said).startswith(f"There is no subscription with the id {number}.")


def test_long_backfill_is_left_to_the_command(
    operator: Client, newcomer: Subscription, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin.subscriptions, "MOST_CHANGED", 2)
    page = reverse("admin:bus_subscription_backfill", args=[newcomer.pk])

    answer = operator.post(page, {"since": "2026-01-31 00:00", "rate": "7", "suppressed": "on"})

    (sentence,) = answer.context["form"].non_field_errors()
    assert f"manage.py backfill {newcomer.name} --since 2026-01-31T00:00:00" in sentence
    assert sentence.endswith("--rate 7 --suppressed")
    assert states() == {}
    assert log() == []
