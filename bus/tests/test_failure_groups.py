"""Failures in groups: counted by kind and place, and operated on as a whole."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from bus import ops
from bus.failures import dead_without_group, deliveries_of, failure_group, failure_groups
from bus.models import BulkOperation, Delivery, FailureNote, State
from bus.ops import Filter, bulk
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    happened,
    make_due,
    states,
)

pytestmark = pytest.mark.django_db(transaction=True)


def fails(event: Happened) -> None:
    """Even numbers are transient failures, the multiples of three are not."""
    if event.number % 3 == 0:
        raise ValueError("wrong")
    if event.number % 2 == 0:
        raise ConnectionError("down")


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Seven deliveries: two dead, two that are tried again, three done."""
    name = subscribed(fails)
    given(*happened(*range(1, 8)))
    settle("desk")
    return name


def test_groups_are_counted_by_kind(name: str) -> None:
    found = failure_groups()

    assert [(one.kind, one.dead, one.retrying) for one in found] == [
        ("ValueError", 2, 0),
        ("ConnectionError", 0, 2),
    ]
    assert {one.subscription for one in found} == {name}
    (dead, _retried) = found
    assert dead.says == "wrong"
    assert dead.first_at == delivery(3).failed_attempts.get().at
    assert dead.stream == "6"
    assert [row.stream for row in deliveries_of(dead.key)] == ["3", "6"]


def test_same_error_at_another_place_is_another_group(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        here() if event.number == 1 else there()

    def here() -> None:
        raise ValueError("wrong")

    def there() -> None:
        raise ValueError("wrong")

    subscribed(react)
    given(*happened(1, 2))
    settle("desk")

    places = {one.last.frame.rpartition(" ")[2] for one in failure_groups()}
    assert places == {"here", "there"}


def test_group_of_what_succeeded_is_gone(subscribed: Subscribed) -> None:
    left = [ConnectionError("down")]

    def react(event: Happened) -> None:
        if left:
            raise left.pop()

    subscribed(react)
    given(*happened(1))
    settle("desk")
    (group,) = failure_groups()
    make_due()
    settle("desk")

    assert failure_groups() == []
    assert failure_group(group.key) is None


def test_whole_group_is_delivered_again_and_no_other(name: str) -> None:
    dead, retried = failure_groups()

    action = bulk.begin(
        Filter(failure=dead.key), BulkOperation.Operation.DELIVER_AGAIN, by="ada", why="mended"
    )

    action.refresh_from_db()
    assert (action.count, action.bulk.expected) == (2, 2)
    assert [one.key for one in failure_groups()] == [retried.key]
    assert states()["3"] == states()["6"] == State.WAITING
    assert delivery(2).attempts == 1


def test_whole_group_is_discarded_with_reason(name: str) -> None:
    dead, _retried = failure_groups()

    bulk.begin(Filter(failure=dead.key), BulkOperation.Operation.DISCARD, by="ada", why="a test")

    assert states()["3"] == states()["6"] == State.DISCARDED
    assert delivery(3).error.endswith("Discarded: a test")


def test_note_is_kept_with_its_group(name: str) -> None:
    (dead, _retried) = failure_groups()

    ops.note(dead.key, " see the provider ", by="ada")
    ops.note(dead.key, "provider mends it", by="bob")

    found = failure_group(dead.key)
    assert found is not None
    assert found.note is not None
    assert (found.note.text, found.note.who) == ("provider mends it", "bob")

    ops.note(dead.key, "", by="ada")
    assert not FailureNote.objects.exists()


def test_delivery_that_died_before_is_in_no_group(name: str) -> None:
    Delivery.objects.filter(state=State.DEAD).update(failure_key=None)

    groups = failure_groups()
    assert [one.kind for one in groups] == ["ConnectionError"]
    assert dead_without_group(groups) == 2


def test_delivery_that_earlier_release_finished_is_in_no_group(name: str) -> None:
    dead, retried = failure_groups()
    # As a worker of a release without groups does: it leaves the key.
    Delivery.objects.filter(state=State.WAITING, failure_key=retried.key).update(state=State.DONE)

    assert [one.key for one in failure_groups()] == [dead.key]
    assert failure_group(retried.key) is None
    assert not deliveries_of(retried.key).exists()
    again = BulkOperation.Operation.DELIVER_AGAIN
    assert bulk.preview(Filter(failure=retried.key), again) == []


def test_command_shows_failed_attempts_of_delivery(name: str) -> None:
    shown = StringIO()
    call_command("deliveries", str(delivery(3).pk), stdout=shown)

    assert "failed attempts" in shown.getvalue()
    assert "bus/tests/test_failure_groups.py:" in shown.getvalue()


def test_command_writes_failed_attempts_as_json(name: str) -> None:
    written = StringIO()
    call_command("deliveries", "--state", "dead", "--json", stdout=written)

    found = json.loads(written.getvalue())
    assert found["count"] == 2
    newest = found["deliveries"][0]
    assert (newest["stream"], newest["state"]) == ("6", "dead")
    (attempt,) = newest["failed_attempts"]
    assert (attempt["number"], attempt["kind"]) == (1, "ValueError")
    assert attempt["lasted"] > 0


def test_command_lists_groups_and_exits_with_1_if_one_is_dead(name: str) -> None:
    shown, written = StringIO(), StringIO()
    with pytest.raises(SystemExit) as end:
        call_command("failures", stdout=shown)
    with pytest.raises(SystemExit):
        call_command("failures", "--json", stdout=written)

    assert end.value.code == 1
    groups = json.loads(written.getvalue())["groups"]
    assert [(one["kind"], one["dead"], one["retrying"]) for one in groups] == [
        ("ValueError", 2, 0),
        ("ConnectionError", 0, 2),
    ]
    assert all(one["failure"] in shown.getvalue() for one in groups)


def test_command_delivers_group_again(name: str) -> None:
    dead, _retried = failure_groups()

    call_command("deliveries", "--failure", dead.key, "--again", "--why", "mended")

    assert states()["3"] == states()["6"] == State.WAITING
    with_nothing_dead = StringIO()
    call_command("failures", stdout=with_nothing_dead)
    assert "ConnectionError" in with_nothing_dead.getvalue()
