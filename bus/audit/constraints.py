"""The check that the database has the constraints which the code relies on."""

from collections.abc import Iterator

from django.apps import apps
from django.db import connection
from django.db.models import Model, UniqueConstraint

from bus.audit.checks import check
from bus.audit.findings import Finding
from bus.store.database import db

ADD_IT = (
    "Rows that it would have refused may exist: find them, and decide which of them are right. "
    "Then add it again; manage.py sqlmigrate prints the statement."
)


@check("every constraint of the tables is there")
def constraints_exist() -> Iterator[Finding]:
    """Unique columns, unique and check constraints, of all apps.

    They rule out two rows of one number, or two deliveries of an event to a subscription, so no
    check needs to read the rows for that. A person may have dropped one by hand.
    """
    for model in apps.get_models(include_auto_created=True):
        if model._meta.managed and not model._meta.proxy:
            for name in _missing(model):
                yield Finding(name, f"is missing in {model._meta.db_table}", asks=ADD_IT)


def _missing(model: type[Model]) -> Iterator[str]:
    table = model._meta.db_table
    with connection.cursor() as cursor:
        every = connection.introspection.get_constraints(cursor, table)
    # A name is no proof: an index whose creation met two equal rows stays, and refuses nothing.
    invalid = db.invalid_constraints(table)
    found = {name: one for name, one in every.items() if name not in invalid}
    unique = {
        tuple(one["columns"]) for one in found.values() if one["unique"] or one["primary_key"]
    }
    columns = {field.name: str(field.column) for field in model._meta.local_fields}
    editor = connection.schema_editor(collect_sql=True)
    for constraint in model._meta.constraints:
        # Django leaves out what this database cannot do, and has no statement for it.
        if not constraint.create_sql(model, editor):
            continue
        there = found.get(constraint.name)
        if isinstance(constraint, UniqueConstraint):
            wanted = tuple(columns[name] for name in constraint.fields)
            holds = there and there["unique"] and (not wanted or tuple(there["columns"]) == wanted)
        else:
            holds = there and there["check"]
        if not holds:
            yield constraint.name
    alone = [(field.name,) for field in model._meta.local_fields if field.unique]
    for names in [*alone, *model._meta.unique_together]:
        wanted = tuple(columns[name] for name in names)
        if wanted not in unique:
            yield f"unique {', '.join(wanted)}"
