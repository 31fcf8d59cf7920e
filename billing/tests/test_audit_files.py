"""The audit of the documents' files, and of the folder that keeps them."""

import shutil
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection

from billing import audit
from billing.models import Series
from billing.tests.issued import GRACE, delivery, issued, repaired, settled_by_the_bus, subjects
from bus.testing import settle

pytestmark = pytest.mark.django_db


def test_missing_and_changed_files_are_found():
    lost, changed = issued("SO-1"), issued("SO-2")
    default_storage.delete(lost.storage_name)
    with default_storage.open(changed.storage_name, "ab") as file:
        file.write(b" ")

    assert sorted(subjects(audit.files_as_issued)) == [lost.number, changed.number]


@pytest.mark.django_db(transaction=True)
def test_lost_file_is_drawn_again_byte_for_byte():
    invoice = settled_by_the_bus()
    default_storage.delete(invoice.storage_name)

    [finding] = audit.files_as_issued()
    assert finding.repair(GRACE) == f"delivery {delivery('draw_document').pk} is due again"
    assert list(audit.files_as_issued()) == []
    settle("billing")

    assert list(audit.files_as_issued()) == []
    assert default_storage.exists(invoice.storage_name)
    assert finding.repair(GRACE) == ""


@pytest.mark.django_db(transaction=True)
def test_truncated_file_is_drawn_again_byte_for_byte():
    invoice = settled_by_the_bus()
    path = Path(default_storage.path(invoice.storage_name))
    whole = path.read_bytes()
    path.write_bytes(whole[:100])

    assert len(repaired(audit.files_as_issued)) == 1

    assert path.read_bytes() == whole
    assert subjects(audit.files_as_issued) == []


def test_file_of_a_newer_database_reserves_its_number(documents):
    """The database was restored from a backup of before the last invoice."""
    newer = documents / "invoices" / "2026" / "INV-2026-000007.pdf"
    issued("SO-1")
    newer.parent.mkdir(exist_ok=True)
    newer.write_bytes(b"%PDF-1.4\nsomebody's\n%%EOF\n")

    [stray] = audit.files_have_documents()
    assert stray.subject == "invoices/2026/INV-2026-000007.pdf"
    assert "older backup" in stray.asks
    [counter] = audit.counters_behind_files()
    assert counter.repair(GRACE) == "The counter was set to 7"

    assert Series.objects.get(prefix="INV", year=2026).last == 7
    assert counter.repair(GRACE) == ""
    assert subjects(audit.counters_behind_files) == []
    assert newer.read_bytes() == b"%PDF-1.4\nsomebody's\n%%EOF\n"


@pytest.mark.parametrize("check", [audit.files_have_documents, audit.counters_behind_files])
def test_document_that_is_issued_while_audit_runs_is_no_finding(documents, check):
    invoice = issued("SO-1")
    later = documents / "invoices" / str(invoice.year) / f"INV-{invoice.year}-000009.pdf"

    def draw_one_more(execute, sql, *rest):
        if sql.startswith("SELECT"):
            later.touch()
        return execute(sql, *rest)

    with connection.execute_wrapper(draw_one_more):
        assert list(check()) == []
    assert later.exists()


def test_unreachable_folder_is_one_finding(settings, tmp_path):
    issued("SO-1")
    issued("SO-2")
    settings.MEDIA_ROOT = tmp_path / "elsewhere"

    for check in (audit.files_as_issued, audit.folder_is_ours):
        [finding] = check()
        assert (finding.subject, finding.unseen) == (".database", True)


@pytest.mark.django_db(transaction=True)
def test_all_lost_documents_are_drawn_again(documents):
    invoice = settled_by_the_bus()
    whole = default_storage.open(invoice.storage_name).read()
    shutil.rmtree(documents)

    [finding] = audit.folder_is_ours()
    assert finding.repair(GRACE) == "1 deliveries are due again"
    settle("billing")

    assert default_storage.open(invoice.storage_name).read() == whole
    assert subjects(audit.folder_is_ours) == []
