"""What `subscribe` asks of its arguments' types and of a function's parameters."""

import inspect
from collections.abc import Callable, Iterable
from typing import Any, get_args, get_origin, get_type_hints

from bus.events import DomainEvent


def is_event(event: object) -> bool:
    return isinstance(event, type) and issubclass(event, DomainEvent)


def is_line(text: str) -> bool:
    return text.isprintable() and text == text.strip()


def parameters(function: Callable[..., Any]) -> int:
    return len(inspect.signature(function).parameters)


def takes_list(function: Callable[..., Any]) -> bool:
    """Whether the first parameter is annotated as a list of something."""
    hints = get_type_hints(function)
    first: Iterable[Any] = (hints.get(name) for name in inspect.signature(function).parameters)
    annotation = next(iter(first), None)
    return get_origin(annotation) is list and bool(get_args(annotation))
