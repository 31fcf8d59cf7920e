"""A shop without legal texts is told so."""

from unittest.mock import Mock

import pytest
from django.db import DataError, OperationalError, ProgrammingError, connection
from pytest_django.fixtures import Settings

from config.checks.legal import check_legal_texts
from shop.models import LegalText

pytestmark = pytest.mark.django_db


def test_missing_texts_are_named_and_refuse_no_start(settings: Settings) -> None:
    LegalText.objects.create(kind=LegalText.Kind.TERMS, text="Section 1 ...")

    found = check_legal_texts()

    assert found.state == "there is none for imprint, withdrawal, privacy"
    assert found.fix
    assert not found.fails
    settings.DEBUG = True
    assert not check_legal_texts().fix


def test_database_without_tables_is_said_to_be_new() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE shop_legaltext RENAME TO elsewhere")

    assert check_legal_texts().state == "not there before the first migration"


@pytest.mark.parametrize(
    "error",
    [
        ProgrammingError('relation "shop_legaltext" is damaged\nLINE 1: SELECT'),
        OperationalError("database is locked"),
    ],
)
def test_texts_that_cannot_be_read_are_said_with_the_error(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    monkeypatch.setattr(LegalText, "objects", Mock(**{"values_list.side_effect": error}))

    found = check_legal_texts()

    assert found.state == f"cannot be read ({str(error).splitlines()[0]})"
    assert not found.fix


def test_other_errors_of_the_database_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    error = DataError("invalid byte sequence")
    monkeypatch.setattr(LegalText, "objects", Mock(**{"values_list.side_effect": error}))

    with pytest.raises(DataError):
        check_legal_texts()


def test_written_texts_need_nothing() -> None:
    for kind in LegalText.Kind.values:
        LegalText.objects.create(kind=kind, text="x")

    assert check_legal_texts().state == "written"
    assert not check_legal_texts().fix
