"""The audit of the documents' files, and of the folder that keeps them."""

import pytest
from django.db import connection

from billing import audit
from billing.models import Series
from billing.tests.issued import GRACE, issued, subjects

pytestmark = pytest.mark.django_db


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
