"""Deliveries in the admin: what operators do with them, and what keeps others from it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.timezone import localtime

from bus.models import Delivery, State, Subscription
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, delivery, happened, note, states
from bus.tests.staff import DELIVERIES, SUBSCRIPTIONS, act, confirmed, log, signed_in
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def react_too(event: Happened) -> None: ...


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Three deliveries: two dead, and one that waits."""
    name = subscribed(react)
    register("desk")
    given(*happened(1, 2, 3))
    fan_out()
    Delivery.objects.exclude(stream="3").update(state=State.DEAD, error="ValueError: 7")
    return name


def test_selection_is_delivered_again(operator: Client, name: str) -> None:
    rows = Delivery.objects.filter(state=State.DEAD)
    ids = " ".join(str(row.pk) for row in rows.order_by("pk"))

    confirmed(operator, "deliver_again", rows, reason="mended")

    assert set(states().values()) == {State.WAITING}
    assert log() == [("ada", "deliver again", f"deliveries {ids}", 2, "mended")]


def test_action_on_all_matches_reaches_beyond_the_page(operator: Client, name: str) -> None:
    given(*happened(*range(100, 250)))
    fan_out()
    some = Delivery.objects.filter(state=State.WAITING)[:1]

    confirmed(
        operator, "discard", some, "?state__exact=waiting&q=199", reason="never mind", across=True
    )

    assert log() == [("ada", "discard", "deliveries waiting about 199", 1, "never mind")]
    assert states()["198"] == State.WAITING
    assert states()["199"] == State.DISCARDED


@pytest.mark.parametrize("day", ["soon", "2026-02-31", "0001-01-01", "9999-12-31"])
def test_list_since_an_invalid_date_is_refused(operator: Client, name: str, day: str) -> None:
    some = Delivery.objects.all()

    said = act(
        operator,
        DELIVERIES,
        "deliver_again",
        some,
        f"?event__at_from_0={day}&event__at_from_1=",
        select_across="1",
    )

    assert said.startswith(f"Event from: {day}")
    assert said.endswith("is no date; write it like 2026-01-31.")
    assert log() == []


def test_all_of_subscription_since_instant_are_delivered_again(
    operator: Client, name: str, subscribed: Subscribed
) -> None:
    subscribed(react_too)
    register("desk")
    row = Subscription.objects.get(name=name)
    since = localtime(timezone.now() - timedelta(hours=1))
    asked = (
        f"?subscription__id__exact={row.pk}&q=2"
        f"&event__at_from_0={since:%Y-%m-%d}&event__at_from_1={since:%H:%M:%S}"
    )

    rows = Delivery.objects.filter(stream="2", subscription=row)
    confirmed(operator, "deliver_again", rows, asked, reason="mended", across=True)

    ((_who, _what, subject, count, _why),) = log()
    assert count == 1
    assert subject == f"deliveries of {name} about 2 since {since:%Y-%m-%d %H:%M:%S}"


def test_events_of_other_times_are_not_shown(operator: Client, name: str) -> None:
    tomorrow = localtime(timezone.now() + timedelta(days=1))

    page = operator.get(reverse(DELIVERIES), {"event__at_from_0": f"{tomorrow:%Y-%m-%d}"})

    assert page.context["cl"].result_count == 0


def test_delivery_page_shows_instants_to_the_second(operator: Client, name: str) -> None:
    row = delivery(1)
    Delivery.objects.filter(pk=row.pk).update(
        state=State.DONE, closed_at=datetime(2026, 7, 1, 10, 20, 31, tzinfo=UTC), ordered=True
    )

    page = operator.get(reverse("admin:bus_delivery_change", args=[row.pk])).content.decode()

    assert "1 Jul 2026, 12:20:31" in page
    assert "in its lane" in page


def test_staff_with_view_permission_can_change_nothing(client: Client, name: str) -> None:
    looking = signed_in(client, "view_delivery", "view_subscription")
    page = reverse("admin:bus_subscription_backfill", args=[Subscription.objects.get().pk])

    assert looking.post(page).status_code == 403
    act(looking, DELIVERIES, "deliver_again", Delivery.objects.all())
    act(looking, SUBSCRIPTIONS, "pause", Subscription.objects.all())

    assert log() == []
