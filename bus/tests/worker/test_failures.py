"""One row for each attempt that failed, and none for one that did not."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus import Ambiguous, ops
from bus.models import Delivery, FailedAttempt, State
from bus.testing import given, settle
from bus.tests.conftest import (
    Happened,
    Subscribed,
    World,
    delivery,
    happened,
    make_due,
    relayed,
    worked,
)
from bus.worker.failures import last_frame

pytestmark = pytest.mark.django_db(transaction=True)


def failed(number: int = 2) -> list[FailedAttempt]:
    """The failed attempts of the delivery in the stream of this number, oldest first."""
    return list(FailedAttempt.objects.filter(delivery__stream=str(number)).order_by("id"))


def refuse(event: Happened) -> None:
    if event.number == 2:
        raise ConnectionError(f"refused for {event.who}")


def test_each_failed_attempt_is_recorded(subscribed: Subscribed) -> None:
    subscribed(refuse)
    given(*happened(1, 2))

    for _ in range(3):
        settle("desk")
        make_due()

    assert delivery(2).state == State.DEAD
    assert [(one.number, one.kind) for one in failed()] == [
        (number, "ConnectionError") for number in (1, 2, 3)
    ]
    (one, *_) = failed()
    assert one.text.rstrip().endswith("ConnectionError: refused for [personal]")
    assert one.frame.startswith("bus/tests/worker/test_failures.py:")
    assert one.frame.endswith(" refuse")
    assert one.worker.endswith(f"/{os.getpid()}")
    assert one.lasted is not None
    assert timedelta(0) < one.lasted < timedelta(minutes=1)
    assert failed(1) == []


def test_success_runs_no_statement_about_failures(subscribed: Subscribed) -> None:
    subscribed(refuse)
    given(*happened(1, 3))
    batches = relayed()

    with CaptureQueriesContext(connection) as statements:
        worked(batches)

    assert delivery(3).state == State.DONE
    assert not [one["sql"] for one in statements if "failedattempt" in one["sql"]]


def test_failures_of_one_message_are_inserted_at_once(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        raise ValueError(str(event.number))

    subscribed(react)
    given(*happened(1, 2, 3))
    batches = relayed()

    with CaptureQueriesContext(connection) as statements:
        worked(batches)

    inserts = [one["sql"] for one in statements if 'INTO "bus_failedattempt"' in one["sql"]]
    assert len(inserts) == 1
    assert FailedAttempt.objects.count() == 3
    assert len({one.failure_key for one in FailedAttempt.objects.all()}) == 1


def test_batch_that_failed_as_whole_is_recorded_for_each(subscribed: Subscribed) -> None:
    left = [1]

    def react(event: Happened) -> None:
        if event.number == 2 and left.pop():
            raise SoftTimeLimitExceeded

    subscribed(react)
    given(*happened(1, 2, 3))

    worked(relayed())

    kinds = {one.kind for one in FailedAttempt.objects.all()}
    assert kinds == {"billiard.exceptions.SoftTimeLimitExceeded"}
    assert [len(failed(number)) for number in (1, 2, 3)] == [1, 1, 1]
    assert len(set(Delivery.objects.values_list("failure_key", flat=True))) == 1


def test_key_is_that_of_the_last_failure(subscribed: Subscribed) -> None:
    errors: list[Exception] = [ConnectionError("one"), ValueError("two")]

    def react(event: Happened) -> None:
        raise errors.pop(0)

    subscribed(react)
    given(*happened(2))
    settle("desk")
    make_due()
    settle("desk")

    first, second = failed()
    assert first.failure_key != second.failure_key
    assert delivery(2).failure_key == second.failure_key


def test_delivery_that_was_delivered_again_is_in_no_group(subscribed: Subscribed) -> None:
    subscribed(refuse)
    given(*happened(2))
    settle("desk")

    ops.deliver_again([delivery(2).pk], by="ada")

    assert delivery(2).failure_key is None
    assert len(failed()) == 1


def test_discarded_delivery_is_in_no_group(subscribed: Subscribed) -> None:
    subscribed(refuse)
    given(*happened(2))
    settle("desk")

    ops.discard([delivery(2).pk], by="ada", why="a test order")

    assert delivery(2).failure_key is None


@pytest.mark.parametrize("count", [1, 3], ids=["lone", "batch"])
def test_delivery_that_succeeds_at_last_is_in_no_group(subscribed: Subscribed, count: int) -> None:
    left = [ConnectionError("down")] * count

    def react(event: Happened) -> None:
        if left:
            raise left.pop()

    subscribed(react)
    given(*happened(*range(1, count + 1)))
    settle("desk")
    assert set(Delivery.objects.values_list("failure_key", flat=True)) != {None}
    make_due()
    settle("desk")

    rows = list(Delivery.objects.values_list("state", "failure_key"))
    assert rows == [(State.DONE, None)] * count


def test_ambiguous_call_is_recorded(subscribed: Subscribed, world: World) -> None:
    def send(event: Happened, key: str) -> None:
        raise Ambiguous("no answer")

    subscribed(send, external=True)
    given(*happened(2))

    settle("desk")

    assert [one.kind for one in failed()] == ["bus.retry.Ambiguous"]


def test_resource_that_cannot_be_opened_is_failure_of_first(
    subscribed: Subscribed, world: World
) -> None:
    def closed() -> Any:
        raise ConnectionError("down")

    def send(event: Happened, key: str, line: str) -> None: ...

    subscribed(send, external=True, using=closed)
    given(*happened(1, 2))

    worked(relayed())

    assert [one.delivery_id for one in FailedAttempt.objects.all()] == [delivery(1).pk]


def test_many_attempts_leave_the_first_and_the_last(subscribed: Subscribed) -> None:
    subscribed(refuse)
    given(*happened(2))

    for _ in range(30):
        settle("desk")
        Delivery.objects.update(state=State.WAITING, uncounted=Delivery.objects.get().attempts)
        make_due()

    assert [one.number for one in failed()] == [*range(1, 6), *range(11, 31)]


def test_frame_is_the_last_of_the_project(tmp_path: Path) -> None:
    def read() -> None:
        Path(tmp_path / "missing").read_text()

    with pytest.raises(FileNotFoundError) as found:
        read()

    place = last_frame(found.value)
    assert place.startswith("bus/tests/worker/test_failures.py:")
    assert place.endswith(" read")


def test_error_that_was_not_raised_has_no_frame() -> None:
    assert last_frame(ValueError("never")) == ""
