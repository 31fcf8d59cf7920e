"""`manage.py forget` and `manage.py export-person`."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bus.testing import settle
from orders.models import Erasure
from tests.privacy.customers import GRACE, KEPT, OTHER, sent, traces

pytestmark = pytest.mark.django_db(transaction=True)


def exported(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    call_command("export-person", *arguments, stdout=out)
    return json.loads(out.getvalue())


def test_export_has_what_each_app_holds(tmp_path: Path) -> None:
    order = sent()
    sent(OTHER)

    found = exported("grace.hopper@example.org", "--files", str(tmp_path / "pdfs"))

    assert {name for name in found if found[name]} == {
        "email", "exported_at", "orders", "order_lines", "mails", "shipments", "documents",
        "events",
    }  # fmt: skip
    assert [one["number"] for one in found["orders"]] == [order.number]
    assert found["orders"][0]["total"] == "11.90"
    assert found["shipments"][0]["recipient"] == GRACE.name
    assert {one["to"] for one in found["mails"]} == {GRACE.email}
    assert found["events"][0]["data"]["customer"]["name"] == GRACE.name
    assert OTHER.name not in json.dumps(found)
    [file] = (tmp_path / "pdfs").iterdir()
    assert file.read_bytes().startswith(b"%PDF")


def test_commands_say_why_they_refuse() -> None:
    with pytest.raises(CommandError, match="no order of this address"):
        exported("stranger@example.org")
    with pytest.raises(CommandError, match="no order of this address"):
        call_command("forget", "stranger@example.org", "--why", "asked for")


def test_command_forgets_and_records_it() -> None:
    sent()
    out = StringIO()

    call_command("forget", "grace.hopper@example.org", "--why", "asked for", stdout=out)
    settle()

    assert "Forgotten: 1 orders" in out.getvalue()
    assert traces() == KEPT
    assert Erasure.objects.get().why == "asked for"
