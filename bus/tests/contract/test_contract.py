"""The contract's folder: what is written, what is refused, and that a check names the way out."""

import json
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bus import DomainEvent
from bus.contract import Contract, event_types
from bus.tests.conftest import Happened, Subscribed


class Placed(DomainEvent, frozen=True, kw_only=True):
    """A stone is placed."""

    personal = ("by",)

    board: str
    points: int
    by: str = ""

    @property
    def stream(self) -> str:
        return self.board


class Removed(DomainEvent, frozen=True, kw_only=True):
    board: str

    @property
    def stream(self) -> str:
        return self.board


PLACED = {"board": "B-1", "points": 3, "by": "Ada"}


def later(**more: Any) -> type[DomainEvent]:
    """Placed as a later release has it: version 2, with `score` for `points`."""

    class Placed(DomainEvent, frozen=True, kw_only=True):
        version = 2
        personal = ("by",)

        board: str
        score: Decimal
        by: str = ""

        @property
        def stream(self) -> str:
            return self.board

    for name, value in more.items():
        setattr(Placed, name, classmethod(value))
    return Placed


def upcast(_cls: type, _version: int, data: dict[str, Any]) -> dict[str, Any]:
    return {**data, "score": data["points"]}


@pytest.fixture
def contract(tmp_path: Path) -> Callable[..., Contract]:
    """The contract of some events in one folder."""
    return lambda *events: Contract(tmp_path, events, [])


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Path]:
    def write(name: str, **data: Any) -> Path:
        file = tmp_path / "samples" / f"{name}.json"
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(data))
        return file

    return write


Build = Callable[..., Contract]
Sample = Callable[..., Path]


@pytest.fixture
def published(contract: Build, sample: Sample) -> Path:
    """A folder in which version 1 of Placed is published."""
    file = sample("Placed.v1", **PLACED)
    assert contract(Placed).faults() == []
    contract(Placed).write()
    return file.parents[1]


def test_written_contract_is_as_the_code_says(contract: Build, published: Path) -> None:
    assert contract(Placed).stale() == []
    assert contract(Placed).write() == []
    assert {str(file.relative_to(published)) for file in published.rglob("*.json")} == {
        "asyncapi.json",
        "samples/Placed.v1.json",
        "schemas/Placed.v1.json",
    }


def test_document_has_message_with_sample_without_personal_data(published: Path) -> None:
    said = json.loads((published / "asyncapi.json").read_text())

    assert said["channels"]["Placed"]["description"] == "A stone is placed."
    assert said["operations"]["publish.Placed"] == {
        "action": "send",
        "channel": {"$ref": "#/channels/Placed"},
    }
    message = said["components"]["messages"]["Placed.v1"]
    assert message["x-personal"] == ["by"]
    (example,) = message["examples"]
    assert example["payload"]["data"] == {"board": "B-1", "points": 3}
    assert (example["payload"]["subject"], example["payload"]["dataversion"]) == ("B-1", "1")


def test_info_of_the_document_is_kept(contract: Build, published: Path) -> None:
    file = published / "asyncapi.json"
    info = {"title": "Go", "version": "7"}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"info": info}))

    contract(Placed).write()

    assert json.loads(file.read_text())["info"] == info


def test_new_event_needs_a_sample(contract: Build, published: Path, sample: Sample) -> None:
    (fault,) = contract(Placed, Removed).faults()
    assert f"{published}/samples/Removed.v1.json is missing: write into it the data" in fault

    sample("Removed.v1", board="B-1")
    assert contract(Placed, Removed).faults() == []
    assert len(contract(Placed, Removed).stale()) == 2


def test_incompatible_change_names_version_field_and_way_out(
    contract: Build, published: Path
) -> None:
    changed = later()
    changed.version = 1

    first, second, sample = contract(changed).faults()

    assert first == (
        "Placed version 1 is published: points is removed. Undo it, or make it version 2 with an "
        "upcast of the earlier ones."
    )
    assert "score is new and required" in second
    assert f"{published}/samples/Placed.v1.json cannot be read" in sample


def test_new_version_without_upcast_is_refused(
    contract: Build, published: Path, sample: Sample
) -> None:
    sample("Placed.v2", board="B-1", score="3")

    (fault,) = contract(later()).faults()

    assert "Placed.v1.json cannot be read: UnreadableEvent: Placed cannot read version 1" in fault


def test_new_version_with_wrong_upcast_is_refused(
    contract: Build, published: Path, sample: Sample
) -> None:
    sample("Placed.v2", board="B-1", score="3")

    def wrong(_cls: type, _version: int, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "score": data["amount"]}

    (fault,) = contract(later(upcast=wrong)).faults()

    assert "Placed.v1.json cannot be read: KeyError: 'amount' Correct the upcast" in fault


def test_new_version_with_upcast_keeps_the_earlier_one(
    contract: Build, published: Path, sample: Sample
) -> None:
    sample("Placed.v2", board="B-1", score="3")
    earlier = (published / "schemas/Placed.v1.json").read_text()
    changed = contract(later(upcast=upcast))

    assert changed.faults() == []
    changed.write()

    assert (published / "schemas/Placed.v1.json").read_text() == earlier
    said = json.loads((published / "asyncapi.json").read_text())
    assert list(said["channels"]["Placed"]["messages"]) == ["Placed.v1", "Placed.v2"]


def test_earlier_version_needs_its_sample(contract: Build, published: Path, sample: Sample) -> None:
    sample("Placed.v2", board="B-1", score="3")
    (published / "samples/Placed.v1.json").unlink()

    (fault,) = contract(later(upcast=upcast)).faults()

    assert "samples/Placed.v1.json is missing" in fault


def test_removed_event_and_version_are_refused(
    contract: Build, published: Path, sample: Sample
) -> None:
    sample("Removed.v1", board="B-1")
    (fault,) = contract(Removed).faults()
    assert "Placed version 1 is published, and the code has no such event. Bring it back" in fault

    sample("Placed.v2", board="B-1", score="3")
    contract(later(upcast=upcast), Removed).write()
    (fault,) = contract(Placed, Removed).faults()
    assert "Placed version 2 is published, and the code is at version 1" in fault


def test_two_events_of_one_name_are_refused(contract: Build, published: Path) -> None:
    faults = contract(Placed, later(upcast=upcast)).faults()

    assert "2 events are called Placed; rename all but one: the name is stored." in faults


def test_event_types_are_those_with_handlers_or_without_subclasses(subscribed: Subscribed) -> None:
    class Base(DomainEvent, frozen=True, kw_only=True):
        """Nothing is subscribed to it."""

    class Leaf(Base, frozen=True, kw_only=True):
        """Nothing is subscribed to it either."""

    class Special(Happened, frozen=True, kw_only=True):
        """Something is subscribed to its base."""

    def react(event: Happened) -> None:
        """Do nothing."""

    subscribed(react)
    found = event_types()

    assert {Happened, Leaf, Special} <= set(found)
    assert Base not in found


def test_command_refuses_misnamed_file(tmp_path: Path, sample: Sample) -> None:
    sample("placed", board="B-1")

    with pytest.raises(CommandError, match=r"placed\.json: name it EVENT\.vVERSION\.json"):
        call_command("contract", str(tmp_path), stdout=StringIO())
