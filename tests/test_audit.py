"""The audit finds every kind of damage in a settled shop, mends what it may, asks for the rest."""

from contextlib import ExitStack
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from analytics.models import DayFigures
from billing.models import Invoice
from bus.audit import Finding, Operator, repair, rules, run_checks
from bus.models import Delivery, OperatorAction, PersonalData, State
from bus.moment import one_moment
from bus.testing import settle
from config.demo.effects import doubled
from inventory.models import Movement, StockItem
from notifications.models import Message
from orders.models import Order
from tests.damage import PLANTS, Plant, Shop, settled_shop

pytestmark = pytest.mark.django_db(transaction=True)
GRACE = Operator("grace", "audit of November")


@pytest.fixture(autouse=True)
def shop(settings: Any, tmp_path: Path) -> Shop:
    settings.EMAIL_BACKEND = "shop.mail.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"
    return settled_shop()


def found() -> dict[str, list[str]]:
    """The subjects of what is found, by rule."""
    return {
        rule: [finding.subject for finding in findings]
        for rule, findings in run_checks().items()
        if findings
    }


def names(findings: dict[str, list[Finding]], rule: str) -> str:
    """All that the findings of a rule say."""
    return " ".join(f"{one.subject} {one.what}" for one in findings[rule])


def damaged(shop: Shop, *names: str) -> None:
    """Do the damage of these names."""
    by_name = {str(plant): plant for plant in PLANTS}
    for name in names:
        by_name[name].do(shop, ExitStack())


def audit(*options: str) -> tuple[int, str]:
    """The exit code of `manage.py audit`, and what it printed."""
    out = StringIO()
    try:
        call_command("audit", *options, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()


def all_effects() -> dict[str, int]:
    """How many effects there are, counted in the rooms and at the mail folder."""
    return {
        "documents": Invoice.objects.count(),
        "mails": Message.objects.filter(state="sent").count(),
        "movements": Movement.objects.count(),
        "orders counted": sum(DayFigures.objects.values_list("orders", flat=True)),
    }


def test_a_settled_shop_has_no_findings() -> None:
    code, printed = audit()

    assert found() == {}
    assert code == 0
    assert "none" in printed


def test_every_rule_has_a_plant_that_breaks_it() -> None:
    assert {plant.rule for plant in PLANTS} == set(rules._checks)


@pytest.mark.parametrize("plant", [one for one in PLANTS if one.mends], ids=str)
def test_damage_that_can_be_mended_is_found_and_mended_once(shop: Shop, plant: Plant) -> None:
    with ExitStack() as stack:
        named = plant.do(shop, stack)
        stale = run_checks()

        done = list(repair(stale, GRACE))
        again = list(repair(stale, GRACE))
        settle()

        assert named in names(stale, plant.rule)
        assert done
        assert again == []
        assert found() == {}
        assert not any(doubled(Order.objects.values_list("number", flat=True)).values())
        assert not Delivery.objects.exclude(state=State.DONE).exists()
        written = OperatorAction.objects.filter(who="grace", why__contains="audit of November")
        assert written.count() == len(done)


@pytest.mark.parametrize("plant", [one for one in PLANTS if not one.mends], ids=str)
def test_damage_that_only_a_person_can_judge_is_found_and_asked(shop: Shop, plant: Plant) -> None:
    with ExitStack() as stack:
        named = plant.do(shop, stack)
        before = run_checks()

        code, _printed = audit("--repair", "--by", "grace")

        assert code == 1
        assert named in names(before, plant.rule)
        assert all(one.asks for one in before[plant.rule])
        assert run_checks()[plant.rule] == before[plant.rule]


LEDGER_ALONE = [one for one in PLANTS if one.mends and "is_not_done" in str(one)]


@pytest.mark.parametrize("plant", LEDGER_ALONE, ids=str)
def test_an_effect_that_is_there_is_not_doubled(shop: Shop, plant: Plant) -> None:
    before = all_effects()
    damaged(shop, str(plant))

    code, _printed = audit("--repair")
    settle()

    assert code == 0
    assert all_effects() == before


def test_what_is_on_its_way_is_no_finding(shop: Shop) -> None:
    Delivery.objects.filter(stream=shop.released).update(state=State.WAITING)

    assert found() == {}


def test_customers_who_were_erased_are_audited_all_the_same(shop: Shop) -> None:
    PersonalData.objects.all().delete()

    assert found() == {}


def test_a_reservation_that_comes_after_the_cancellation_is_given_back(shop: Shop) -> None:
    Delivery.objects.filter(
        stream=shop.cancelled, subscription__name="inventory.tasks.reserve_stock"
    ).delete()
    before = StockItem.objects.get().reserved

    for _round in range(2):
        audit("--repair")
        settle()

    assert found() == {}
    assert StockItem.objects.get().reserved == before


def test_the_command_names_each_finding_and_what_to_do(shop: Shop) -> None:
    damaged(shop, "reservation_lost", "document_lost", "mail_lost")

    code, printed = audit()

    assert code == 1
    assert f"{shop.released} CUP" in printed
    assert "has no document" in printed
    assert "section 14 (4) no. 4 UStG" in " ".join(printed.split())
    assert max(map(len, printed.splitlines())) <= 100
    assert "\x1b" not in printed


def test_a_repair_says_what_was_done_and_what_is_left(shop: Shop) -> None:
    damaged(shop, "stock_changed", "file_changed")

    code, printed = audit("--repair", "--by", "grace", "--why", "audit of November")

    assert code == 1
    assert "99 on hand and 3 reserved became 9 and 3" in " ".join(printed.split())
    [action] = OperatorAction.objects.all()
    assert (action.who, action.what, action.subject) == ("grace", "repair", "CUP")
    assert action.why.endswith("became 9 and 3. audit of November")
    assert list(found()) == ["every issued document's file is the one that was issued"]


@pytest.mark.postgres
def test_an_audit_may_read_longer_than_a_session_may_otherwise() -> None:
    def limit() -> str:
        with connection.cursor() as cursor:
            cursor.execute("SHOW statement_timeout")
            return str(cursor.fetchone()[0])

    with one_moment():
        during = limit()

    assert (during, limit()) == ("10min", "15s")
