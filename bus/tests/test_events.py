"""What a stored event reads as, whoever wrote it."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec
import pytest

from bus import DomainEvent
from bus.events import UnreadableEvent


class Priced(DomainEvent, frozen=True, kw_only=True):
    version = 2
    personal = ("buyer",)

    amount: Decimal
    at: datetime
    id: UUID
    buyer: dict[str, str]

    @classmethod
    def upcast(cls, version: int, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "amount": str(Decimal(data["cents"]) / 100)}


PRICED = Priced(
    amount=Decimal("1.10"),
    at=datetime(2026, 1, 31, 12, tzinfo=UTC),
    id=UUID(int=7),
    buyer={"name": "Ada"},
)


def test_event_survives_writing_and_reading() -> None:
    data, personal = (msgspec.json.decode(msgspec.json.encode(part)) for part in PRICED.split())

    assert Priced.read(2, data, personal) == PRICED


def test_personal_data_is_split_off() -> None:
    data, personal = PRICED.split()

    assert personal == {"buyer": {"name": "Ada"}}
    assert "buyer" not in data


def test_unknown_field_is_dropped() -> None:
    data, personal = PRICED.split()

    assert Priced.read(2, {**data, "colour": "blue"}, personal) == PRICED


def test_older_version_is_upcast() -> None:
    data, personal = PRICED.split()
    del data["amount"]

    assert Priced.read(1, {**data, "cents": 110}, personal) == PRICED


def test_older_version_without_upcast_names_the_way_out() -> None:
    class Later(DomainEvent, frozen=True, kw_only=True):
        version = 2

    with pytest.raises(UnreadableEvent, match="Later cannot read version 1: add an upcast"):
        Later.read(1, {}, None)


def test_newer_version_is_left_to_a_newer_release() -> None:
    data, personal = PRICED.split()

    with pytest.raises(UnreadableEvent, match="Priced version 3 is newer than this release"):
        Priced.read(3, data, personal)


def test_mismatched_field_is_named() -> None:
    data, personal = PRICED.split()

    with pytest.raises(UnreadableEvent, match=r"Priced version 2: .*\$\.at"):
        Priced.read(2, {**data, "at": "yesterday"}, personal)


def test_event_with_erased_personal_data_names_the_missing_field() -> None:
    data, _personal = PRICED.split()

    with pytest.raises(UnreadableEvent, match="buyer"):
        Priced.read(2, data, None)


def test_event_must_define_its_stream() -> None:
    with pytest.raises(NotImplementedError, match="Priced has no stream; define"):
        _ = PRICED.stream


class Renamed(DomainEvent, frozen=True, kw_only=True, rename={"total": "gross"}):
    personal = ("who",)

    total: int
    who: str

    @property
    def stream(self) -> str:
        return "a stream"

    @property
    def person(self) -> str:
        return self.who


def test_field_with_another_name_in_storage_is_read_without_person() -> None:
    data, _personal = Renamed(total=3, who="Ada").split()

    assert data == {"gross": 3}
    assert Renamed.read_without_person(1, data).total == 3
