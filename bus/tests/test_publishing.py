"""Stating an event: with its cause or not at all."""

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction

from bus import publish
from bus.models import Event, Outbox, PersonalData
from bus.publishing import AlreadyPublished, NotInTransaction
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, note, notes

pytestmark = pytest.mark.django_db(transaction=True)


class HappenedOnce(Happened, frozen=True, kw_only=True):
    @property
    def key(self) -> str:
        return "HappenedOnce"


def test_publishing_outside_a_transaction_raises() -> None:
    with pytest.raises(NotInTransaction, match=r"publish\(Happened\) needs a transaction"):
        publish(Happened(about="a"))

    assert not Event.objects.exists()


def test_event_is_rolled_back_with_its_transaction() -> None:
    @transaction.atomic
    def change_and_fail() -> None:
        note("cause")
        publish(Happened(about="a"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()

    assert notes() == []
    assert not Event.objects.exists()
    assert not Outbox.objects.exists()


def test_event_with_key_is_published_once_per_stream() -> None:
    given(HappenedOnce(about="a"), HappenedOnce(about="b"))

    with pytest.raises(AlreadyPublished, match="HappenedOnce is in the stream a already"):
        given(HappenedOnce(about="a", number=2))

    assert list(Event.objects.order_by("id").values_list("stream", flat=True)) == ["a", "b"]
    assert Outbox.objects.count() == 2


def test_event_without_key_may_be_published_again() -> None:
    given(Happened(about="a"), Happened(about="a"))

    assert Event.objects.count() == 2


def test_personal_data_is_stored_apart_and_erasable() -> None:
    given(Happened(about="a", who="Grace Hopper"))

    event = Event.objects.get()
    assert event.data == {"about": "a", "number": 0}
    assert event.personal.data == {"who": "Grace Hopper"}
    PersonalData.objects.all().delete()
    assert Event.objects.filter(pk=event.pk).exists()


def test_database_refuses_to_change_event() -> None:
    given(Happened(about="a"))

    with pytest.raises(IntegrityError, match="never updated"):
        Event.objects.update(stream="b")

    assert Event.objects.get().stream == "a"


def test_database_refuses_to_delete_event() -> None:
    given(Happened(about="a"))
    Outbox.objects.all().delete()

    with pytest.raises(IntegrityError, match="never deleted"):
        Event.objects.all()._raw_delete("default")

    assert Event.objects.exists()


def test_chain_of_events_has_one_correlation(subscribed: Subscribed) -> None:
    def react(event: Happened) -> None:
        if event.number < 3:
            publish(Happened(about="a", number=event.number + 1))

    subscribed(react)
    given(Happened(about="a", number=1))
    settle("desk")

    first, second, third = Event.objects.order_by("id")
    assert first.causation is None
    assert (second.causation, third.causation) == (first.uuid, second.uuid)
    assert first.correlation == second.correlation == third.correlation == first.uuid


def test_batch_handler_names_the_cause(subscribed: Subscribed) -> None:
    def react(events: list[Happened]) -> None:
        for event in events:
            if event.number:
                publish(Happened(about=event.about), cause=event)

    subscribed(react)
    given(Happened(about="a", number=1), Happened(about="b", number=2))
    settle("desk")

    causes = {e.stream: e.uuid for e in Event.objects.filter(causation=None)}
    led_to = Event.objects.exclude(causation=None)
    assert {e.stream: e.causation for e in led_to} == causes


def test_batch_handler_without_cause_raises(subscribed: Subscribed) -> None:
    errors: list[str] = []

    def react(events: list[Happened]) -> None:
        try:
            publish(Happened(about="c"), cause=None if events[0].number else Happened(about="x"))
        except LookupError as error:
            errors.append(str(error))

    subscribed(react)
    given(Happened(about="a", number=1), Happened(about="b", number=2))
    settle("desk")
    given(Happened(about="a", number=0), Happened(about="b", number=0))
    settle("desk")

    assert "publish(event, cause=...)" in errors[0]
    assert "must be one of the events" in errors[1]


def test_event_reads_as_cloudevents_envelope_without_personal_data() -> None:
    with transaction.atomic():
        event = publish(Happened(about="a", number=4))

    assert event.envelope() == {
        "specversion": "1.0",
        "id": str(event.uuid),
        "source": settings.BUS_SOURCE,
        "type": "Happened",
        "subject": "a",
        "time": event.at.isoformat(),
        "sequence": str(event.pk),
        "dataversion": "1",
        "correlationid": str(event.uuid),
        "datacontenttype": "application/json",
        "data": {"about": "a", "number": 4},
    }
    assert event.at.tzinfo is not None
