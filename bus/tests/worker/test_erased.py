"""Handlers of events whose personal data was erased."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from celery import current_app
from django.db import transaction
from django.utils import timezone

from bus import AfterDone, DomainEvent, PersonalDataErased, Queue, handlers, ops, persons, subscribe
from bus.models import Delivery, FailedAttempt, State
from bus.ops.backfill import backfill
from bus.testing import given, settle
from bus.tests.conftest import RETRY, at_once, note, notes, relayed, worked
from bus.tests.work.running import Until, new_loop, nothing_open
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


class Met(DomainEvent, frozen=True, kw_only=True):
    """A person was met, who has no default."""

    personal = ("who",)

    about: str
    who: str

    @property
    def stream(self) -> str:
        return self.about

    @property
    def person(self) -> str:
        return self.who


def who(event: Met) -> object:
    return event.who


def greet(event: Met) -> None:
    note(f"hello {event.who}")


def greet_all(events: list[Met]) -> None:
    note(" ".join(event.who for event in events))


def count(event: Met) -> None:
    assert who(event) is msgspec.UNSET
    note(event.about)


def count_all(events: list[Met]) -> None:
    assert {who(event) for event in events} == {msgspec.UNSET}
    note(" ".join(event.about for event in events))


def write_to(event: Met, key: str) -> AfterDone:
    return lambda: note(f"wrote to {event.who}")


def count_outside(event: Met, key: str) -> AfterDone:
    assert who(event) is msgspec.UNSET
    return lambda: note(event.about)


def look_up(event: Met) -> None:
    raise PersonalDataErased("that of another event")


Declared = Callable[..., str]


@pytest.fixture
def declared() -> Iterator[Declared]:
    """Subscribe a function to `Met` for the length of one test; returns the name."""
    before = set(handlers.by_name)

    def declare(function: Callable[..., Any], **options: Any) -> str:
        subscribe(Met, queue=Queue("desk"), retry=RETRY, **options)(function)
        return f"{function.__module__}.{function.__name__}"

    yield declare
    for name in handlers.by_name.keys() - before:
        current_app.tasks.pop(name)
        del handlers.by_name[name]


def met(*streams: str) -> None:
    given(*[Met(about=stream, who=f"Ada {stream}") for stream in streams])


def forget(*streams: str) -> None:
    with transaction.atomic():
        for stream in streams:
            persons.forget(f"Ada {stream}", [stream])


def ends() -> dict[str, tuple[str, str]]:
    rows = Delivery.objects.order_by("id").values_list("stream", "state", "error")
    return {stream: (state, error) for stream, state, error in rows}


ERASED = (State.DISCARDED, "Discarded: personal data erased")
DONE = (State.DONE, "")

EACH = [(greet, {}), (greet_all, {}), (write_to, {"external": True})]
"""Handlers of every kind that take personal data."""


@pytest.mark.parametrize(("handler", "options"), EACH)
def test_lone_delivery_is_discarded(declared: Declared, handler: Any, options: Any) -> None:
    declared(handler, **options)
    met("1")
    forget("1")

    (outcome,) = worked(relayed())

    assert str(outcome) == "1 discarded"
    assert ends() == {"1": ERASED}
    assert notes() == []
    assert not FailedAttempt.objects.exists()
    assert Delivery.objects.get().lease_until is None


@pytest.mark.parametrize(("handler", "options"), EACH)
def test_others_of_the_batch_are_done(declared: Declared, handler: Any, options: Any) -> None:
    declared(handler, **options)
    met("1", "2", "3")
    forget("2")

    (outcome,) = worked(relayed())

    assert str(outcome) == "2 done, 1 discarded"
    assert ends() == {"1": DONE, "2": ERASED, "3": DONE}
    assert "Ada 1" in notes()[0]
    assert "Ada 3" in notes()[-1]


@pytest.mark.parametrize(
    ("handler", "options"), [(count, {}), (count_all, {}), (count_outside, {"external": True})]
)
def test_handler_without_personal_data_goes_on(
    declared: Declared, handler: Any, options: Any
) -> None:
    declared(handler, personal=False, **options)
    met("1", "2")
    forget("2")

    worked(relayed())

    assert ends() == {"1": DONE, "2": DONE}
    assert " ".join(notes()) == "1 2"


@pytest.mark.parametrize(("handler", "options"), EACH)
def test_drain_discards(declared: Declared, handler: Any, options: Any) -> None:
    declared(handler, **options)
    met("1", "2")
    forget("1")

    settle("desk")

    assert ends() == {"1": ERASED, "2": DONE}


@pytest.mark.parametrize(("handler", "options"), EACH)
def test_work_discards(declared: Declared, handler: Any, options: Any) -> None:
    declared(handler, **options)
    met("1", "2")
    forget("1")

    new_loop().run(Until(nothing_open))

    assert ends() == {"1": ERASED, "2": DONE}


@pytest.mark.parametrize(("handler", "options"), EACH)
def test_backfill_discards(declared: Declared, handler: Any, options: Any) -> None:
    met("1", "2")
    forget("1")
    settle()
    name = declared(handler, **options)
    register("desk")
    Delivery.objects.all().delete()

    list(backfill(name, since=timezone.now() - timedelta(days=1), rate=100, by="test"))
    settle("desk")

    assert ends() == {"1": ERASED, "2": DONE}


def test_delivery_again_is_discarded_again(declared: Declared) -> None:
    declared(greet)
    met("1")
    settle("desk")
    forget("1")

    ops.deliver_again(
        list(Delivery.objects.values_list("pk", flat=True)), finished=True, by="test", why="again"
    )
    settle("desk")

    assert ends()["1"][0] == State.DISCARDED
    assert notes() == ["hello Ada 1"]


def test_handler_that_finds_another_events_data_erased_is_discarded(declared: Declared) -> None:
    declared(look_up)
    met("1")

    settle("desk")

    assert ends() == {"1": ERASED}


@pytest.mark.postgres
def test_erasure_beside_a_worker_leaves_each_delivery_done_or_discarded(declared: Declared) -> None:
    declared(greet, batch=5)
    met(*map(str, range(30)))
    batches = relayed()

    at_once(lambda: worked(batches), lambda: forget(*map(str, range(30))))

    assert set(ends().values()) <= {DONE, ERASED}
