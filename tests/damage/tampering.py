"""What the database refuses, as a person with its password could still do it."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy

from django.db import connection
from django.db.models import BaseConstraint, Field, Model

import billing.immutable
import bus.store.append_only
from billing.models import Invoice
from bus.models import Event

FROZEN = {Invoice: billing.immutable, Event: bus.store.append_only}
"""Whose rows the database itself keeps as they are."""


@contextmanager
def tampering(model: type[Model]) -> Iterator[None]:
    """Rows of the table can be changed and deleted."""
    with connection.schema_editor(atomic=False) as editor:
        FROZEN[model].remove(editor)
    try:
        yield
    finally:
        with connection.schema_editor(atomic=False) as editor:
            FROZEN[model].install(editor)


@contextmanager
def without(model: type[Model], dropped: BaseConstraint | Field) -> Iterator[None]:
    """The table has no such constraint, or the column is not unique."""
    _set(model, dropped, wanted=False)
    try:
        yield
    finally:
        _set(model, dropped, wanted=True)


def _set(model: type[Model], changed: BaseConstraint | Field, *, wanted: bool) -> None:
    frozen, declared = FROZEN.get(model), model._meta.constraints
    # SQLite makes the whole table anew, and loses its triggers with the old one.
    with connection.schema_editor() as editor:
        if frozen:
            frozen.remove(editor)
        if isinstance(changed, Field):
            loose = copy(changed)
            loose._unique = loose.unique = False
            editor.alter_field(model, *((loose, changed) if wanted else (changed, loose)))
        elif wanted:
            editor.add_constraint(model, changed)
        else:
            model._meta.constraints = [one for one in declared if one is not changed]
            try:
                editor.remove_constraint(model, changed)
            finally:
                model._meta.constraints = declared
        if frozen:
            frozen.install(editor)
