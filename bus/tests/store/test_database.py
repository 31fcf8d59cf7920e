"""Which database the bus works with."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from bus.store.database import DIALECTS, db, dialect_of


def test_dialect_is_that_of_the_database_in_use() -> None:
    assert type(db) is DIALECTS[connection.vendor]


def test_other_databases_are_refused_by_name() -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        dialect_of("mysql")

    assert str(refusal.value) == (
        "DATABASES['default'] is mysql; the bus needs postgresql or sqlite."
    )
