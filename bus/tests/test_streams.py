"""Reading one stream for those whom it is about."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bus.models import Delivery, State
from bus.ops.retention import prune
from bus.store.outbox import fan_out
from bus.streams import declared_stages, events_of, in_progress, marks
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...
def score(event: Happened) -> None: ...


def test_only_handlers_with_a_stage_are_listed(subscribed: Subscribed) -> None:
    subscribed(wrap, stage="Gift wrapping")
    subscribed(score)
    given(Happened(about="a"), Happened(about="b"))
    settle("desk")

    [told] = declared_stages("a")

    assert (told.stage, told.state) == ("Gift wrapping", "done")


def test_pruned_ledger_keeps_events_and_what_is_dead(subscribed: Subscribed) -> None:
    subscribed(wrap, stage="Gift wrapping")
    given(Happened(about="a"), Happened(about="b"))
    settle("desk")
    Delivery.objects.filter(stream="b").update(state=State.DEAD)

    list(prune(timedelta(0), by="ada"))

    assert declared_stages("a") == []
    assert [one.type for one in events_of("a")] == ["Happened"]
    assert [one.state for one in declared_stages("b")] == ["dead"]


def test_listed_events_have_no_personal_data(subscribed: Subscribed) -> None:
    given(Happened(about="a", who="Ada Lovelace"))

    assert "who" not in events_of("a")[0].data


@pytest.mark.parametrize(
    ("state", "goes_on"),
    [
        ("waiting", True),
        ("sent", True),
        ("running", True),
        ("sending", True),
        ("dead", False),
        ("done", False),
        ("discarded", False),
    ],
)
def test_stream_is_in_progress_by_state_of_its_delivery(
    subscribed: Subscribed, state: str, goes_on: bool
) -> None:
    subscribed(wrap)
    register("desk")
    given(Happened(about="a"))
    assert in_progress("a")
    fan_out()

    Delivery.objects.update(state=state)

    assert in_progress("a") is goes_on


def test_mark_changes_with_every_step_of_its_stream_alone(subscribed: Subscribed) -> None:
    subscribed(wrap)
    register("desk")
    given(Happened(about="a"), Happened(about="b"))
    seen = [marks(["a", "b"])]
    fan_out()
    seen.append(marks(["a", "b"]))
    given(Happened(about="a", number=2))
    seen.append(marks(["a", "b"]))
    for state in (State.DEAD, State.DISCARDED):
        Delivery.objects.filter(stream="a").update(state=state)
        seen.append(marks(["a", "b"]))

    assert len({one["a"] for one in seen}) == 5
    assert len({one["b"] for one in seen}) == 2


def test_marks_of_many_streams_are_one_query(subscribed: Subscribed) -> None:
    subscribed(wrap)
    given(*(Happened(about=f"stream {number}") for number in range(100)))
    settle("desk")

    with CaptureQueriesContext(connection) as queries:
        found = marks([f"stream {number}" for number in range(101)])

    assert len(found) == 100
    assert len(queries) == 1
