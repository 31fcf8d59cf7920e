"""What a case of a form is, and how its effects are counted."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django.contrib.admin.models import LogEntry

from bus.models import Event, OperatorAction


@dataclass(frozen=True)
class Case:
    """A form: its page, what is filled in, and what there is one more of once it has acted."""

    page: Callable[[], str]
    fields: dict[str, Any]
    count: Callable[[], int]
    shows: tuple[str, ...] = ()
    button: dict[str, str] = field(default_factory=dict)


def done(what: str) -> Callable[[], int]:
    return lambda: OperatorAction.objects.filter(what=what).count()


def happened(type_: str) -> Callable[[], int]:
    return lambda: Event.objects.filter(type=type_).count()


def changes(action: str, model: str) -> Callable[[], int]:
    return lambda: LogEntry.objects.filter(content_type__model=model).count()
