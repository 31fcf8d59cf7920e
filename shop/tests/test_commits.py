"""Which failed commits are known to have saved nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection, connections, transaction

from shop.commits import CommitUnanswered
from shop.models import Product
from tests.support.proxy import Wire
from tests.support.wires import wired

pytestmark = pytest.mark.django_db(transaction=True)


def test_project_uses_its_own_database_backend() -> None:
    assert type(connections["default"]).__module__.startswith("shop.")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("mode", "saved"), [(Wire.COMMIT_UNANSWERED, True), (Wire.COMMIT_LOST, False)]
)
def test_commit_without_answer_raises_commit_unanswered(mode: Wire, saved: bool) -> None:
    with wired() as wire, pytest.raises(CommitUnanswered):
        _save_a_product(lambda: wire.set(mode))

    assert Product.objects.exists() is saved


@pytest.mark.postgres
def test_session_ended_during_transaction_has_unknown_commit() -> None:
    """The server may have ended it before COMMIT, or after; its answer is the same."""
    with pytest.raises(CommitUnanswered):
        _save_a_product(_end_the_session)
    connection.close()


@pytest.mark.postgres
def test_commit_refused_by_server_saves_nothing() -> None:
    with connection.cursor() as cursor:
        cursor.execute(REFUSE_AT_COMMIT)
    try:
        with pytest.raises(OperationalError) as refused:
            _save_a_product()
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER refuse ON shop_product; DROP FUNCTION refuse")

    assert not isinstance(refused.value, CommitUnanswered)
    assert not Product.objects.exists()


@pytest.mark.postgres
def test_commit_on_closed_connection_was_not_sent() -> None:
    with pytest.raises((OperationalError, InterfaceError)) as refused:
        _save_a_product(lambda: connection.connection.close())
    connection.close()

    assert not isinstance(refused.value, CommitUnanswered)


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("name", "unknown"), [("SQLITE_IOERR_FSYNC", True), ("SQLITE_FULL", False)]
)
def test_commit_broken_off_by_failing_disk_is_unknown(
    name: str, unknown: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = OperationalError("the disk")
    error.__cause__ = Exception()
    error.__cause__.sqlite_errorname = name  # type: ignore[attr-defined]  # as sqlite3 does
    monkeypatch.setattr("django.db.backends.sqlite3.base.DatabaseWrapper._commit", _raising(error))

    with pytest.raises(OperationalError) as broken:
        _save_a_product()

    assert isinstance(broken.value, CommitUnanswered) is unknown


REFUSE_AT_COMMIT = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = 'serialization_failure'; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER INSERT ON shop_product DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION refuse()
"""


def _save_a_product(before_commit: Callable[[], Any] = int) -> None:
    with transaction.atomic():
        Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
        before_commit()


def _raising(error: Exception) -> Callable[..., Any]:
    def commit(_self: Any) -> None:
        raise error

    return commit


def _end_the_session() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
    other.close()
