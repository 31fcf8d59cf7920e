"""Personal data under keys of persons: written, read, erased, encrypted anew."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bus import persons, sealing, selectors
from bus.checks import personal_data_is_encrypted
from bus.models import Delivery, Event, Person, PersonalData, State
from bus.publishing import NotInTransaction, publish
from bus.sealing import CannotDecrypt, Stored
from bus.testing import end_waits, given, settle
from bus.tests.conftest import at_once, notes
from bus.tests.worker.test_erased import DONE, ERASED, Declared, Met, declared, ends, greet, met

__all__ = ["declared"]

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = "the first master key of a test", "the second master key of a test"


@pytest.fixture
def keys(settings: Any) -> list[str]:
    """The master keys; personal data is encrypted."""
    settings.BUS_PERSONAL_KEYS = [FIRST]
    return [FIRST]


def forget(stream: str) -> int:
    with transaction.atomic():
        return persons.forget(f"Ada {stream}")


def whole_database() -> str:
    models = (Event, PersonalData, Person, Delivery)
    return json.dumps([list(one.objects.values()) for one in models], default=str)


def test_personal_data_is_not_in_the_database(keys: list[str], declared: Declared) -> None:
    declared(greet)
    met("1", "2")
    settle("desk")

    assert "Ada" not in whole_database()
    assert notes() == ["hello Ada 1", "hello Ada 2"]
    assert [event.who for _id, event in selectors.history(Met)] == ["Ada 1", "Ada 2"]


def test_without_keys_it_is_in_clear_and_reads_later(settings: Any, declared: Declared) -> None:
    declared(greet)
    met("1")
    settings.BUS_PERSONAL_KEYS = [FIRST]
    met("2")

    settle("desk")

    assert PersonalData.objects.get(event__stream="1").data == {"who": "Ada 1"}
    assert notes() == ["hello Ada 1", "hello Ada 2"]


def test_events_of_a_person_have_one_key_and_different_texts(keys: list[str]) -> None:
    given(Met(about="1", who="Ada"), Met(about="2", who="Ada"), Met(about="3", who="Bob"))

    assert Person.objects.count() == 2
    one, other, _bob = PersonalData.objects.order_by("pk")
    assert one.person_id == other.person_id
    assert one.data != other.data


def test_forget_erases_the_key_and_what_it_has_sealed(keys: list[str], declared: Declared) -> None:
    declared(greet)
    met("1", "2")
    before = PersonalData.objects.get(event__stream="1")

    assert forget("1") == 1

    assert Person.objects.count() == 1
    assert [(row.stream, data) for row, data in persons.events_of("Ada 2")] == [
        ("2", {"who": "Ada 2"})
    ]
    assert list(persons.events_of("Ada 1")) == []
    settle("desk")
    assert ends() == {"1": ERASED, "2": DONE}
    before.save(force_insert=True)  # as from a backup
    assert PersonalData.objects.get(pk=before.pk).content() is None
    assert Event.objects.get(stream="1").personal_data() is None


def test_forget_erases_what_is_in_clear_in_the_streams(declared: Declared) -> None:
    met("1", "2")

    with transaction.atomic():
        assert persons.forget("Ada 1", ["1"]) == 1

    assert [row.event.stream for row in PersonalData.objects.all()] == ["2"]


def test_forget_is_rolled_back_with_its_transaction(keys: list[str]) -> None:
    met("1")

    with transaction.atomic():
        persons.forget("Ada 1")
        transaction.set_rollback(True)

    assert [data for _row, data in persons.events_of("Ada 1")] == [{"who": "Ada 1"}]


def test_forget_needs_a_transaction() -> None:
    with pytest.raises(NotInTransaction, match="erase a person whole"):
        persons.forget("Ada")


def test_person_who_comes_back_gets_a_new_key(keys: list[str]) -> None:
    met("1")
    before = Person.objects.get()
    forget("1")

    met("1")

    assert Person.objects.get().secret != before.secret
    assert [data for _row, data in persons.events_of("Ada 1")] == [{"who": "Ada 1"}]


def test_error_is_redacted_though_the_data_is_sealed(keys: list[str], declared: Declared) -> None:
    def stumble(event: Met) -> None:
        raise ValueError(f"no place for {event.who}")

    declared(stumble)
    met("1")
    settle("desk")

    assert "no place for [personal]" in Delivery.objects.get().error


def test_missing_master_key_is_named_and_not_taken_for_an_erasure(
    settings: Any, keys: list[str], declared: Declared
) -> None:
    declared(greet)
    met("1")
    settings.BUS_PERSONAL_KEYS = [SECOND]

    settle("desk")

    waits = Delivery.objects.get()
    assert waits.state == State.WAITING
    assert "PERSONAL_KEYS; add it there again" in waits.error
    settings.BUS_PERSONAL_KEYS = [SECOND, *keys]
    end_waits()
    settle("desk")
    assert Delivery.objects.get().state == State.DONE


def test_sealed_text_is_bound_to_its_event(keys: list[str]) -> None:
    secret, event = sealing.new_secret(), uuid4()
    sealed = sealing.seal({"who": "Ada"}, secret, event)

    assert Stored(sealed, secret, event).opened() == {"who": "Ada"}
    assert Stored(sealed, None, event).opened() is None
    with pytest.raises(CannotDecrypt, match="was changed, or is another event's"):
        Stored(sealed, secret, uuid4()).opened()
    with pytest.raises(CannotDecrypt, match="key of a person was changed"):
        Stored(sealed, f"{secret[:-8]}AAAAAAA=", event).opened()


def test_digest_tells_nothing_and_is_found_after_a_change_of_keys(settings: Any) -> None:
    before = persons.digest("ada@example.com")
    settings.BUS_PERSONAL_KEYS = [FIRST]
    with_first = persons.digest("ada@example.com")
    settings.BUS_PERSONAL_KEYS = [SECOND, FIRST]

    found = persons.digests("ada@example.com")

    assert {before, with_first} < set(found)
    assert len(set(found)) == len(found) == 3
    assert "ada" not in before


def test_deploy_check_warns_without_keys(settings: Any) -> None:
    assert [one.id for one in personal_data_is_encrypted()] == ["bus.W002"]
    settings.BUS_PERSONAL_KEYS = [FIRST]
    assert personal_data_is_encrypted() == []


@pytest.mark.postgres
def test_publishing_about_a_person_takes_two_statements(keys: list[str]) -> None:
    for _time in range(2):  # a new person, then a known one
        with (
            transaction.atomic(),
            CaptureQueriesContext(
                connection,
            ) as queries,
        ):
            publish(Met(about="1", who="Ada"))
        assert len(queries) == 2


@pytest.mark.postgres
def test_concurrent_publishers_share_a_new_person(keys: list[str]) -> None:
    def publish_one() -> None:
        given(Met(about="1", who="Ada"))

    at_once(*[publish_one] * 6)

    assert Person.objects.count() == 1
    assert len(list(persons.events_of("Ada"))) == 6


@pytest.mark.postgres
def test_erasure_beside_publishers_leaves_nothing_unreadable(keys: list[str]) -> None:
    met("1")

    def publish_some() -> None:
        for _time in range(20):
            met("1")

    def forget_some() -> None:
        for _time in range(10):
            forget("1")

    at_once(publish_some, publish_some, forget_some)

    assert len(list(persons.events_of("Ada 1"))) == PersonalData.objects.count()
    forget("1")
    assert not PersonalData.objects.exists()
    assert not Person.objects.exists()
