"""Which events there are, and what their fields are for."""

import ast
import inspect
from collections.abc import Iterator
from textwrap import dedent
from typing import Any, get_args, get_type_hints

import msgspec

from bus.events import DomainEvent
from bus.handlers import declared

EventType = type[DomainEvent]


def event_types() -> list[EventType]:
    """Every event that is subscribed to or has no subclass, by name; the others are bases."""
    handled = {one.event_type for one in declared()}
    found = {one for one in _below(DomainEvent) if one in handled or not one.__subclasses__()}
    return sorted(found, key=lambda one: one.__name__)


def structs_of(kind: Any) -> dict[str, type[msgspec.Struct]]:
    """The structs that a type is made of, itself included, by name."""
    found: dict[str, type[msgspec.Struct]] = {}
    waiting = [kind]
    while waiting:
        one = waiting.pop()
        if isinstance(one, type) and issubclass(one, msgspec.Struct) and one.__name__ not in found:
            found[one.__name__] = one
            waiting += get_type_hints(one).values()
        waiting += get_args(one)
    return found


def fields_explained(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The docstrings under the fields, by the fields' names on the wire."""
    explained: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            explained |= _docstrings(base)
    names = {field.name: field.encode_name for field in msgspec.structs.fields(struct)}
    return {names[name]: text for name, text in explained.items() if name in names}


def paragraphs(text: str) -> str:
    """A docstring with one line for each paragraph."""
    return "\n\n".join(" ".join(one.split()) for one in inspect.cleandoc(text).split("\n\n"))


def _below(base: EventType) -> Iterator[EventType]:
    for one in base.__subclasses__():
        yield one
        yield from _below(one)


def _docstrings(struct: type) -> dict[str, str]:
    (node,) = ast.parse(dedent(inspect.getsource(struct))).body
    assert isinstance(node, ast.ClassDef)
    return {
        field.target.id: paragraphs(text.value.value)
        for field, text in zip(node.body, node.body[1:], strict=False)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }
