"""A row a second time, past the constraint that refuses it: what no code of ours can do."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from django.db import connection
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import BaseConstraint, Model

import billing.immutable
import bus.store.append_only
from billing.models import Invoice
from bus.models import Event
from tests.support import truncation

FROZEN = {Invoice: billing.immutable, Event: bus.store.append_only}
"""Whose rows the database itself keeps as they are."""


@contextmanager
def tampering(model: type[Model]) -> Iterator[None]:
    """What the database refuses, as a person with its password could still do it."""
    with connection.schema_editor(atomic=False) as editor:
        FROZEN[model].remove(editor)
    try:
        yield
    finally:
        with connection.schema_editor(atomic=False) as editor:
            FROZEN[model].install(editor)


@contextmanager
def doubled(row: Model, *fields: str, **changes: Any) -> Iterator[None]:
    """Insert the row again, without the constraint on `fields`; empties the database at the end."""
    model = type(row)
    _constrain(model, fields, wanted=False)
    try:
        second = copy(row)
        second.pk = None
        for name, value in changes.items():
            setattr(second, name, value)
        model._base_manager.bulk_create([second])
        yield
    finally:
        truncation.empty(connection)
        _constrain(model, fields, wanted=True)


def _constrain(model: type[Model], fields: tuple[str, ...], *, wanted: bool) -> None:
    frozen = FROZEN.get(model)
    # SQLite makes the whole table anew, and loses its triggers with the old one.
    with connection.schema_editor() as editor:
        if frozen:
            frozen.remove(editor)
        if len(fields) == 1 and model._meta.get_field(fields[0]).unique:
            strict = model._meta.get_field(fields[0])
            loose = copy(strict)
            loose._unique = loose.unique = False
            editor.alter_field(model, *((loose, strict) if wanted else (strict, loose)))
        elif wanted:
            editor.add_constraint(model, _constraint(model, fields))
        else:
            _drop(editor, model, _constraint(model, fields))
        if frozen:
            frozen.install(editor)


def _constraint(model: type[Model], fields: tuple[str, ...]) -> BaseConstraint:
    [found] = [
        one for one in model._meta.constraints if set(getattr(one, "fields", ())) == set(fields)
    ]
    return found


def _drop(editor: BaseDatabaseSchemaEditor, model: type[Model], constraint: BaseConstraint) -> None:
    declared = model._meta.constraints
    model._meta.constraints = [one for one in declared if one is not constraint]
    try:
        editor.remove_constraint(model, constraint)
    finally:
        model._meta.constraints = declared
