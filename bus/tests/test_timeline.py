"""The timeline of a stream, and `manage.py trace`."""

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bus import publish
from bus.models import Delivery, Event, State
from bus.store.outbox import fan_out
from bus.streams import Verdict, stream_of, timeline, verdict
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, relayed, worked
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None:
    if event.number == 1:
        publish(Happened(about=event.about, number=2))


def traced(*arguments: str) -> tuple[str, int]:
    """What the command says, and its exit code."""
    said = StringIO()
    try:
        call_command("trace", *arguments, stdout=said)
    except SystemExit as end:
        return said.getvalue(), int(str(end.code))
    return said.getvalue(), 0


def kill(**of: Any) -> None:
    Delivery.objects.filter(**of).update(
        state=State.DEAD, attempts=3, error="Traceback\n  at [here]\nValueError: no [cup]"
    )


def test_event_has_its_deliveries_and_its_cause(subscribed: Subscribed) -> None:
    name = subscribed(wrap)
    given(Happened(about="a", number=1), Happened(about="b"))
    settle("desk")

    first, second = timeline("a")

    assert second.causation == first.uuid
    assert [one.subscription for one in first.deliveries + second.deliveries] == [name, name]
    assert first.fanned_out
    assert first.deliveries[0].closed_at
    assert verdict([first, second]) == Verdict.SETTLED


def test_timeline_takes_three_queries_however_long_the_stream_is(
    subscribed: Subscribed, django_assert_num_queries: Any
) -> None:
    subscribed(wrap)
    register("desk")
    given(*[Happened(about="a", number=number) for number in range(2, 22)])
    fan_out()

    with django_assert_num_queries(3):
        assert len(timeline("a")) == 20


def test_event_in_the_outbox_is_in_progress(subscribed: Subscribed) -> None:
    subscribed(wrap)
    given(Happened(about="a"))

    [event] = timeline("a")

    assert not event.fanned_out
    assert verdict([event]) == Verdict.IN_PROGRESS


def test_delivery_names_what_blocks_its_lane(subscribed: Subscribed) -> None:
    subscribed(wrap, ordered=True)
    register("desk")
    given(Happened(about="a"), Happened(about="a", number=2), Happened(about="b"))
    fan_out()
    head, follower = Delivery.objects.filter(stream="a").order_by("id")
    kill(pk=head.pk)

    first, second = timeline("a")

    assert first.deliveries[0].blocked_by is None
    assert second.deliveries[0].blocked_by == head.pk
    assert second.deliveries[0].id == follower.pk


def test_delivery_has_its_failed_attempts(subscribed: Subscribed) -> None:
    def breaks(event: Happened) -> None:
        raise ConnectionError("the desk does not answer")

    subscribed(breaks)
    given(Happened(about="a"))
    worked(relayed())

    [failed] = timeline("a")[0].deliveries[0].failed

    assert (failed.number, failed.kind) == (1, "ConnectionError")
    assert "the desk does not answer" in failed.text
    assert "attempt 1 at" in traced("a")[0]


def test_unordered_delivery_is_not_blocked(subscribed: Subscribed) -> None:
    subscribed(wrap)
    register("desk")
    given(Happened(about="a"), Happened(about="a", number=2))
    fan_out()
    kill(event=Event.objects.order_by("id").first())

    assert timeline("a")[1].deliveries[0].blocked_by is None


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.DONE, 0),
        (State.DISCARDED, 0),
        (State.DEAD, 1),
        (State.WAITING, 3),
        (State.SENT, 3),
        (State.SENDING, 3),
    ],
)
def test_exit_code_of_trace_is_by_state(subscribed: Subscribed, state: State, code: int) -> None:
    subscribed(wrap)
    register("desk")
    given(Happened(about="a"))
    fan_out()
    Delivery.objects.update(state=state)

    assert traced("a")[1] == code


def test_trace_shows_errors_as_they_are(subscribed: Subscribed) -> None:
    name = subscribed(wrap)
    register("desk")
    given(Happened(about="a"))
    fan_out()
    kill()

    said, _code = traced("a")

    assert "a: needs a person" in said
    assert name in said
    assert "ValueError: no [cup]" in said
    assert "at [here]" not in said


def test_trace_finds_stream_by_an_event(subscribed: Subscribed) -> None:
    subscribed(wrap)
    given(Happened(about="a"), Happened(about="b"))
    event = Event.objects.get(stream="b")

    by_number = json.loads(traced(str(event.pk), "--json")[0])
    by_uuid = json.loads(traced(str(event.uuid), "--json")[0])

    assert by_number == by_uuid
    assert by_number["stream"] == "b"
    assert by_number["verdict"] == "in progress"


@pytest.mark.parametrize(
    "name", ["SO-1", "7", "9" * 40, "\N{SUPERSCRIPT TWO}", "x" * 36, "9" * 5_000]
)
def test_trace_of_an_unknown_stream_exits_with_2(name: str) -> None:
    with pytest.raises(CommandError, match="No event was published") as refused:
        call_command("trace", name)

    assert refused.value.returncode == 2


def test_trace_has_no_personal_data(subscribed: Subscribed) -> None:
    given(Happened(about="a", who="Ada Lovelace"))

    assert "Ada" not in traced("a")[0] + traced("a", "--json")[0]


def test_number_is_an_event_unless_it_is_a_stream(subscribed: Subscribed) -> None:
    given(Happened(about="a"))
    event = Event.objects.get()
    given(Happened(about=str(event.pk)))

    assert stream_of(str(event.pk)) == str(event.pk)
