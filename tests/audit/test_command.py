"""What `manage.py audit` looks at, and what it says."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from bus.audit import Finding, checks
from bus.models import Delivery, OperatorAction, PersonalData, State
from bus.store.snapshot import one_moment
from tests.audit.findings import audit, damaged, found
from tests.damage import PLANTS, Shop

pytestmark = pytest.mark.django_db(transaction=True)


def test_settled_shop_has_no_findings() -> None:
    code, printed = audit()

    assert found() == {}
    assert code == 0
    assert "none" in printed


def test_every_rule_is_broken_by_a_plant() -> None:
    assert {plant.rule for plant in PLANTS} == set(checks.by_rule)


def test_open_deliveries_are_no_finding(shop: Shop) -> None:
    Delivery.objects.filter(stream=shop.released).update(state=State.WAITING)

    assert found() == {}


def test_orders_of_erased_customers_are_audited(shop: Shop) -> None:
    PersonalData.objects.all().delete()

    assert found() == {}


def test_command_names_each_finding_and_what_to_do(shop: Shop) -> None:
    damaged(shop, "reservation_lost", "document_lost", "mail_lost")

    code, printed = audit()

    assert code == 1
    assert f"{shop.released} CUP" in printed
    assert "has no document" in printed
    assert "section 14 (4) no. 4 UStG" in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) <= 100
    assert "\x1b" not in printed


def test_repair_says_what_was_done_and_what_is_left(shop: Shop) -> None:
    damaged(shop, "stock_changed", "file_changed")

    code, printed = audit("--repair", "--by", "grace", "--why", "audit of November")

    assert code == 1
    assert "99 on hand and 3 reserved became 9 and 3" in " ".join(printed.split())
    [action] = OperatorAction.objects.all()
    assert (action.who, action.what, action.subject) == ("grace", "repair", "CUP")
    assert action.why.endswith("became 9 and 3. audit of November")
    assert list(found()) == ["every issued document's file is the one that was issued"]


def test_unreachable_documents_are_not_reported_as_missing(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "not mounted here"

    code, printed = audit()

    assert code == 0
    words = " ".join(printed.split())
    assert "the documents' folder belongs to this database not seen" in words
    assert "every issued document's file is the one that was issued not seen" in words
    assert "cannot be seen from here" in words
    assert "is missing" not in words


def test_audit_reports_failing_check_and_runs_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails() -> list[Finding]:
        raise ZeroDivisionError

    damaged(shop, "mail_lost")
    monkeypatch.setattr(checks, "by_rule", {"no check divides by zero": fails} | checks.by_rule)

    code, printed = audit()

    assert code == 1
    assert "the check" in printed
    assert "ZeroDivisionError" in printed
    assert len(found()) == 2


@pytest.mark.postgres
def test_audit_has_a_longer_statement_timeout() -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    with one_moment():
        during = limit()

    assert (during, limit()) == ("10min", "15s")
