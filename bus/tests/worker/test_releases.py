"""Workers of two releases side by side: nothing is lost, delayed or handled as something else."""

from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db.models import F
from django.db.models.functions import Now

from bus import DomainEvent, handlers, subscribe
from bus.audit.attention import FAILING_FOR
from bus.broker.message import RELEASE
from bus.models import Delivery, State, Subscription
from bus.ops import deliver_again
from bus.store import inspection
from bus.testing import given, settle
from bus.tests.conftest import (
    RETRY,
    Happened,
    Subscribed,
    delivery,
    happened,
    make_due,
    note,
    notes,
    relayed,
    states,
    worked,
)
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


class Ended(DomainEvent, frozen=True, kw_only=True):
    """What the handler of the new release handles. It reads every `Happened`, too."""

    about: str
    number: int = 0

    @property
    def stream(self) -> str:
        return self.about


def react(event: Any) -> None:
    note(f"{type(event).__name__} {event.number}")


def send(event: Any, key: str) -> None:
    react(event)


def handles(event: type[DomainEvent], name: str) -> None:
    """From now on this process has the code of a release in which the handler takes that type."""
    was = handlers.by_name.pop(name)
    current_app.tasks.pop(name)
    subscribe(event, queue=was.queue, retry=RETRY, external=was.external)(was.function)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("external", [False, True])
def test_open_delivery_of_earlier_event_type_is_not_handled(
    subscribed: Subscribed, external: bool, count: int
) -> None:
    name = subscribed(send if external else react, external=external)
    given(*happened(*range(count)))
    message = relayed()
    handles(Ended, name)
    register("desk")

    worked(message)

    assert notes() == []
    assert set(states().values()) == {State.DEAD}
    assert f"The event is of type Happened, and {name} handles Ended now." in delivery(0).error

    handles(Happened, name)
    register("desk")
    deliver_again([row.pk for row in Delivery.objects.all()], by="grace")
    settle("desk")
    assert notes() == [f"Happened {number}" for number in range(count)]


@pytest.mark.parametrize("count", [1, 3])
def test_old_worker_leaves_new_event_type_to_new_workers(
    subscribed: Subscribed, count: int
) -> None:
    name = subscribed(react)
    handles(Ended, name)
    register("desk")
    given(*(Ended(about=str(number), number=number) for number in range(count)))
    message = relayed()
    handles(Happened, name)  # an old worker gets it

    worked(message)

    rows = Delivery.objects.filter(state=State.WAITING, attempts=0)
    soon = rows.filter(due_at__lte=Now() + timedelta(seconds=10), due_at__gt=F("due_since"))
    assert soon.count() == count
    assert notes() == []
    handles(Ended, name)
    make_due()
    worked(relayed())
    assert notes() == [f"Ended {number}" for number in range(count)]


def later() -> type[DomainEvent]:
    """`Happened` as a later release has it, with `count` for `number`."""

    class Happened(DomainEvent, frozen=True, kw_only=True, rename={"number": "count"}):
        version = 2

        about: str
        number: int

        @property
        def stream(self) -> str:
            return self.about

        @classmethod
        def upcast(cls, version: int, data: dict[str, Any]) -> dict[str, Any]:
            return {**data, "count": data["number"]}

    return Happened


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("external", [False, True])
def test_old_worker_leaves_newer_version_to_new_workers(
    subscribed: Subscribed, external: bool, count: int
) -> None:
    name = subscribed(send if external else react, external=external)
    newer = later()
    given(*(newer(about=str(number), number=number) for number in range(count)))

    worked(relayed())

    assert Delivery.objects.filter(state=State.WAITING, attempts=0).count() == count
    assert notes() == []
    handles(newer, name)
    make_due()
    worked(relayed())
    assert notes() == [f"Happened {number}" for number in range(count)]
    assert not Delivery.objects.exclude(error="").exists()


def test_delivery_that_no_worker_reads_is_listed_after_an_hour(subscribed: Subscribed) -> None:
    subscribed(react, ordered=True)
    given(later()(about="1", number=2), *happened(1))
    worked(relayed())
    assert inspection.failing(FAILING_FOR) == []
    Delivery.objects.update(due_since=Now() - timedelta(hours=2))

    make_due()
    worked(relayed())

    [listed] = inspection.failing(FAILING_FOR)
    assert (listed.event.version, listed.state) == (2, State.WAITING)
    assert listed.error.endswith("this one reads Happened up to version 1.")


def test_old_worker_handles_its_version_beside_a_newer_one(subscribed: Subscribed) -> None:
    subscribed(react)
    given(later()(about="2", number=2), *happened(1))

    worked(relayed())

    assert (notes(), states()) == (["Happened 1"], {"2": State.WAITING, "1": State.DONE})


def test_new_worker_upcasts_what_the_old_release_has_published(subscribed: Subscribed) -> None:
    name = subscribed(react)
    given(*happened(1, 2))
    handles(later(), name)

    worked(relayed())

    assert notes() == ["Happened 1", "Happened 2"]


def test_old_worker_handles_the_rest_of_its_event_type(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    given(*happened(1))
    message = relayed()
    Subscription.objects.filter(name=name).update(event_type="Ended")  # new workers are there

    worked(message)

    assert (notes(), states()) == (["Happened 1"], {"1": State.DONE})


def test_deliveries_of_unknown_handler_are_due_again_at_once(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1, 2, 3))
    (batch,) = relayed()
    Delivery.objects.filter(stream="2").update(token=7)
    Delivery.objects.filter(stream="3").update(state=State.RUNNING)
    release = current_app.tasks[RELEASE]

    release([list(ticket) for ticket in batch.tickets])

    assert states() == {"1": State.WAITING, "2": State.SENT, "3": State.RUNNING}
    soon = Delivery.objects.filter(due_at__lte=Now() + timedelta(seconds=10), attempts=0)
    assert soon.filter(stream="1", lease_until=None).exists()


def test_delivery_without_code_is_sent_once_a_minute(
    subscribed: Subscribed,
) -> None:
    subscribed(react)
    given(*happened(1))
    (batch,) = relayed()
    Delivery.objects.update(due_since=Now() - timedelta(hours=5))

    current_app.tasks[RELEASE]([list(ticket) for ticket in batch.tickets])

    assert not Delivery.objects.filter(due_at__lte=Now() + timedelta(seconds=30)).exists()
    assert Delivery.objects.filter(due_at__lte=Now() + timedelta(minutes=1)).exists()
