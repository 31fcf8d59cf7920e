"""Operations on all deliveries that match: confirmed, done in steps by the relay, stoppable."""

import re
import threading

import pytest
import redis
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bus import ops
from bus.models import BulkOperation, Delivery, OperatorAction, State
from bus.ops import Filter, Refused, bulk
from bus.relay.loop import Relay
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, note, states
from bus.tests.ops.test_selection import MANY, many_dead
from bus.tests.staff import DELIVERIES, OPERATES, act, log, signed_in
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def send(event: Happened, key: str) -> None: ...


@pytest.fixture
def operator(client: Client) -> Client:
    return signed_in(client, "view_delivery", "view_operatoraction", *OPERATES)


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Of four deliveries one is done, one dead, one in flight, and one waits."""
    name = subscribed(send, external=True)
    register("desk")
    given(*happened(1, 2, 3, 4))
    fan_out()
    for stream, state in (("1", State.DONE), ("2", State.DEAD), ("3", State.SENT)):
        Delivery.objects.filter(stream=stream).update(state=state, closed_at=timezone.now())
    return name


def confirmation(operator: Client, action: str, rows: object, asked: str = "", **more: str) -> str:
    """The address of the page that asks."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}  # type: ignore[attr-defined]  # any rows
    answer = operator.post(reverse(DELIVERIES) + asked, chosen)
    assert answer.status_code == 302
    return str(answer["Location"])


def test_choosing_deliveries_changes_nothing_before_it_is_confirmed(
    operator: Client, name: str
) -> None:
    before = states()

    page = operator.get(confirmation(operator, "deliver_again", Delivery.objects.all()))

    (share,) = page.context["shares"]
    assert (share.subscription, share.external) == (name, True)
    assert (share.unfinished, share.finished, share.left) == (2, 1, 1)
    text = re.sub(r"\s+", " ", page.content.decode())
    assert f"repeats effects outside the project, by {name} (1 delivery)." in text
    assert states() == before
    assert log() == []


def test_done_deliveries_are_repeated_only_if_chosen(operator: Client, name: str) -> None:
    page = confirmation(operator, "deliver_again", Delivery.objects.all())

    operator.post(page, {"reason": "mended"})

    assert states() == {"1": "done", "2": "waiting", "3": "sent", "4": "waiting"}
    operator.post(page, {"reason": "the mail server lost them", "finished": "on"})
    assert states() == {"1": "waiting", "2": "waiting", "3": "sent", "4": "waiting"}
    assert [(what, count, why) for _, what, _, count, why in log()] == [
        ("deliver again", 2, "mended"),
        ("deliver again", 3, "the mail server lost them"),
    ]


@pytest.mark.parametrize("action", ["deliver_again", "discard"])
def test_confirmation_without_reason_changes_nothing(
    operator: Client, name: str, action: str
) -> None:
    before = states()
    page = confirmation(operator, action, Delivery.objects.all())

    answer = operator.post(page, {"reason": " ", "finished": "on"})

    assert answer.context["form"].errors["reason"]
    assert states() == before
    with pytest.raises(Refused, match="The reason is empty"):
        bulk.begin(Filter(state="dead"), "deliver again", by="ada", why=" ")


@pytest.mark.parametrize("action", ["deliver_again", "discard"])
def test_whole_ledger_cannot_be_chosen(operator: Client, name: str, action: str) -> None:
    before = states()
    page = confirmation(operator, action, Delivery.objects.all(), select_across="1")

    answer = operator.get(page, follow=True)

    assert "No filter is set" in " ".join(map(str, answer.context["messages"]))
    assert states() == before


def test_list_with_unknown_parameter_is_refused(operator: Client, name: str) -> None:
    said = act(
        operator,
        DELIVERIES,
        "discard",
        Delivery.objects.all()[:1],
        "?attempts__gte=0",
        select_across="1",
    )

    assert said.startswith("A bulk operation cannot filter by attempts__gte")
    assert log() == []


def test_selection_not_made_by_the_list_is_refused(operator: Client, name: str) -> None:
    page = reverse("admin:bus_delivery_bulk")

    assert operator.get(page).status_code == 400
    assert operator.post(f"{page}?chosen=WzEsMl0:forged", {"reason": "x"}).status_code == 400


def test_confirmation_needs_its_permission(client: Client, name: str) -> None:
    looking = signed_in(client, "view_delivery")

    assert looking.get(reverse("admin:bus_delivery_bulk")).status_code == 403


def test_relay_continues_a_bulk_operation(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    # It needs none for this.
    monkeypatch.setattr(settings, "BUS_REDIS_URL", "redis://localhost:1/0")
    many_dead()
    page = confirmation(
        operator, "discard", Delivery.objects.all()[:1], "?state__exact=dead", select_across="1"
    )
    there = operator.post(page, {"reason": "obsolete"})["Location"]
    begun = Delivery.objects.filter(state=State.DISCARDED).count()
    shown = operator.get(there)
    assert 0 < begun < MANY
    assert f"{begun} of {MANY}, running" in shown.content.decode()
    assert shown["Refresh"]

    relay, action = Relay(), OperatorAction.objects.get()
    while BulkOperation.objects.filter(ended_at=None).exists():
        assert relay.upkeep.continue_bulk() > 0

    action.refresh_from_db()
    assert action.count == MANY
    assert not Delivery.objects.filter(state=State.DEAD).exists()
    assert "Refresh" not in operator.get(there)


def test_failing_bulk_operation_does_not_stop_the_relay(
    name: str, broker: redis.Redis, caplog: pytest.LogCaptureFixture
) -> None:
    action = bulk.begin(Filter(state="dead"), "discard", by="ada", why="obsolete")
    BulkOperation.objects.update(ended_at=None, filter={"since": "what a release before wrote"})
    given(*happened(5))
    relay = Relay()

    for _ in range(2):
        relay.step()
    relay.sender.close()

    assert states()["5"] == State.SENT
    told = [record.getMessage() for record in caplog.records if "bulk" in record.getMessage()]
    assert told == ["a bulk operation is tried again later: msgspec.ValidationError"]
    assert bulk.stop(action.pk, by="ada")


def test_bulk_operation_can_be_stopped(operator: Client) -> None:
    many_dead()
    action = bulk.begin(Filter(state="dead"), "discard", by="ada", why="obsolete")
    done = Delivery.objects.filter(state=State.DISCARDED).count()

    answer = operator.post(reverse("admin:bus_operatoraction_stop", args=[action.pk]), follow=True)

    assert f"{done} of {MANY}, stopped by ada" in answer.content.decode()
    assert bulk.step() == (False, 0)
    assert Delivery.objects.filter(state=State.DISCARDED).count() == done
    assert [what for _, what, *_ in log()] == ["discard", "stop"]
    assert not bulk.stop(action.pk, by="ada")


def test_bulk_operation_skips_later_deliveries(name: str) -> None:
    action = bulk.begin(Filter(subscription=name), "discard", by="ada", why="obsolete")
    given(*happened(5))
    fan_out()

    bulk.step(action.pk)

    assert states()["5"] == State.WAITING


def test_two_relays_count_each_delivery_of_a_bulk_operation_once() -> None:
    many_dead()
    action = bulk.begin(Filter(state="dead"), "discard", by="ada", why="obsolete")

    def work() -> None:
        while BulkOperation.objects.filter(ended_at=None).exists():
            bulk.step()
        from django.db import connection

        connection.close()

    relays = [threading.Thread(target=work) for _ in range(2)]
    for relay in relays:
        relay.start()
    for relay in relays:
        relay.join(60)

    action.refresh_from_db()
    assert action.count == MANY


def test_few_matches_among_many_ids_are_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "SPAN", 1)
    action = bulk.begin(Filter(stream="4"), "discard", by="ada", why="obsolete")

    for _ in range(10):
        bulk.step(action.pk)

    assert states() == {"1": "done", "2": "dead", "3": "sent", "4": "discarded"}
    assert BulkOperation.objects.get().ended_at is not None


def test_finished_deliveries_are_redelivered_only_on_request(name: str) -> None:
    ids = [row.pk for row in Delivery.objects.filter(state=State.DONE)]

    assert ops.deliver_again(ids, by="ada", why="x") == 0
    assert ops.deliver_again(ids, by="ada", why="x", finished=True) == 1
