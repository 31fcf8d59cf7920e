"""The audit misses no constraint that somebody has dropped."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection
from django.db.models import BaseConstraint, Field, Model, UniqueConstraint

from bus.audit import constraints_exist
from bus.models import AuditResult, Delivery, Event
from tests.damage.tampering import without
from tests.support.apps import APPS

pytestmark = pytest.mark.django_db(transaction=True)

MODELS = [
    model for app in ("bus", "shop", *APPS) for model in apps.get_app_config(app).get_models()
]
CONSTRAINTS = [(model, one) for model in MODELS for one in model._meta.constraints]
REFERENCED = {row.field.target_field for model in MODELS for row in model._meta.related_objects}
"""Databases refuse to drop what a foreign key refers to."""
COLUMNS = [
    (model, field)
    for model in MODELS
    for field in model._meta.local_fields
    if field.unique
    and not field.primary_key
    and field not in REFERENCED
    and not field.one_to_one  # Django declares these unique again
]


def test_every_constraint_is_found_in_a_new_database() -> None:
    assert list(constraints_exist()) == []


def test_constraint_that_the_database_cannot_have_is_not_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    covering = UniqueConstraint(fields=["type"], include=["stream"], name="covering")
    monkeypatch.setattr(Event._meta, "constraints", [covering])

    found = [finding.subject for finding in constraints_exist()]

    assert found == ([] if connection.vendor == "sqlite" else ["covering"])


@pytest.mark.parametrize(
    ("model", "dropped"), CONSTRAINTS, ids=[one.name for _model, one in CONSTRAINTS]
)
def test_audit_names_a_dropped_constraint(model: type[Model], dropped: BaseConstraint) -> None:
    with without(model, dropped):
        [finding] = constraints_exist()

    assert (finding.subject, finding.repair) == (dropped.name, None)
    assert model._meta.db_table in finding.what


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=[str(one) for _model, one in COLUMNS])
def test_audit_names_a_column_that_is_not_unique_any_more(model: type[Model], field: Field) -> None:
    with without(model, field):
        found = [(one.subject, one.what) for one in constraints_exist()]

    assert found == [(f"unique {field.column}", f"is missing in {model._meta.db_table}")]


@pytest.mark.parametrize("kind", ["INDEX", "UNIQUE INDEX"])
def test_audit_takes_no_other_index_of_its_name_for_a_constraint(kind: str) -> None:
    [declared] = Delivery._meta.constraints
    with without(Delivery, declared), connection.cursor() as cursor:
        cursor.execute(f"CREATE {kind} {declared.name} ON bus_delivery (event_id)")
        [finding] = constraints_exist()
        cursor.execute(f"DROP INDEX {declared.name}")

    assert finding.subject == declared.name


@pytest.mark.postgres
def test_audit_names_a_unique_index_that_met_equal_rows() -> None:
    column = AuditResult._meta.get_field("rule")
    with without(AuditResult, column), connection.cursor() as cursor:
        for _ in range(2):
            AuditResult.objects.create(rule="twice", findings=0, unseen=False)
        with pytest.raises(IntegrityError):
            cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY again ON bus_auditresult (rule)")
        [finding] = constraints_exist()
        cursor.execute("DROP INDEX again")
        AuditResult.objects.all().delete()

    assert finding.subject == "unique rule"
