"""Which changes to a published version of an event are refused, and how they are named."""

from decimal import Decimal
from typing import Any, Literal

import msgspec
import pytest

from bus import DomainEvent
from bus.contract.compatibility import breaks
from bus.contract.schemas import schema_of


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    friends: "tuple[Reader, ...]" = ()


class Returned(DomainEvent, frozen=True, kw_only=True):
    personal = ("reader",)

    book: str
    fee: Decimal
    kind: Literal["loan", "gift"]
    due: int | None = None
    reader: Reader


def event(without: str = "", **fields: Any) -> Any:
    """`Returned` without one field, or with others; those with a default are pairs."""
    kept = {one.name: one for one in msgspec.structs.fields(Returned) if one.name != without}
    old = [
        (name, one.type) if one.required else (name, one.type, one.default)
        for name, one in kept.items()
        if name not in fields
    ]
    new = [(name, *(one if isinstance(one, tuple) else (one,))) for name, one in fields.items()]
    personal = {"personal": () if without == "reader" else ("reader",)}
    return msgspec.defstruct(
        "Returned",
        [*old, *new],
        bases=(DomainEvent,),
        namespace=personal,
        frozen=True,
        kw_only=True,
    )


NAMED = msgspec.defstruct("Reader", [("name", str)], frozen=True, kw_only=True)
NUMBERED = msgspec.defstruct("Reader", [("name", int), ("friends", tuple[int, ...], ())])


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        pytest.param(event(without="fee"), ["fee is removed"], id="removed"),
        pytest.param(
            event(without="fee", price=Decimal),
            ["fee is removed", "price is new and required"],
            id="renamed",
        ),
        pytest.param(event(page=int), ["page is new and required"], id="new and required"),
        pytest.param(
            event(book=int), ['book was {"type": "string"} and is {"type": "integer"}'], id="type"
        ),
        pytest.param(event(book=(str, "")), ["book is optional now"], id="optional"),
        pytest.param(event(due=int | None), ["due is required now"], id="required"),
        pytest.param(
            event(kind=Literal["loan", "gift", "theft"]),
            ['kind was {"enum": ["gift", "loan"]} and is {"enum": ["gift", "loan", "theft"]}'],
            id="another value",
        ),
        pytest.param(
            event(due=(str | None, None)),
            ['due was {"type": "integer"} and is {"type": "string"}'],
            id="part of a union",
        ),
        pytest.param(event(reader=NAMED), ["reader.friends is removed"], id="nested"),
        pytest.param(
            event(reader=NUMBERED),
            [
                'reader.name was {"type": "string"} and is {"type": "integer"}',
                'reader.friends[] was {"type": "object"',
            ],
            id="nested type",
        ),
    ],
)
def test_incompatible_change_names_its_field(changed: Any, named: list[str]) -> None:
    found = breaks(schema_of(Returned), schema_of(changed))

    assert [one.startswith(name) for one, name in zip(found, named, strict=True)] == [
        True for _ in named
    ], found


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(Returned, id="none"),
        pytest.param(event(page=(int, 0)), id="new and optional"),
        pytest.param(event(due=(int | None, 14)), id="default"),
    ],
)
def test_compatible_change_is_none(changed: Any) -> None:
    assert breaks(schema_of(Returned), schema_of(changed)) == []


def test_personal_field_without_default_is_needed_though_schema_does_not_require_it() -> None:
    without = event(without="reader")
    public = event()
    public.personal = ()

    assert schema_of(Returned)["required"] == ["book", "fee", "kind"]
    assert breaks(schema_of(without), schema_of(Returned)) == ["reader is new and required"]
    assert breaks(schema_of(Returned), schema_of(public)) == [
        "reader is not personal data any more"
    ]
    assert breaks(schema_of(public), schema_of(Returned)) == ["reader is personal data now"]
