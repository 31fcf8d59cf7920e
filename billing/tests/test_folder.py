"""A documents' folder and a database that do not belong together are told apart."""

import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from pytest_django.fixtures import Settings

from billing import folder
from billing.models import DocumentFolder, Invoice, Series
from billing.services import draw_document
from billing.tests.events import confirmed, invoiced
from billing.tests.issued import tampering
from shop.events import InvoiceNumbered

pytestmark = pytest.mark.django_db


def numbered(order_number: str = "SO-1") -> InvoiceNumbered:
    order = confirmed(order_number)
    invoice = invoiced(order)
    return InvoiceNumbered(
        number=order_number,
        order_id=order.order_id,
        at=order.at,
        document=invoice.number,
        kind="invoice",
    )


def begin_new_database() -> None:
    """Forget everything, as a second database of the same folder has never known it."""
    DocumentFolder.objects.all().delete()
    Series.objects.all().delete()
    with tampering():
        Invoice.objects.all().delete()


def pdfs(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.rglob("*.pdf")}


def test_new_folder_is_marked_for_its_new_database(documents: Path) -> None:
    folder.claim()

    assert (documents / folder.MARK).read_text().strip() == str(DocumentFolder.objects.get())
    folder.check()


def test_check_changes_nothing(documents: Path) -> None:
    folder.check()

    assert list(documents.iterdir()) == []
    assert not DocumentFolder.objects.exists()


def test_new_database_with_documents_of_another_is_refused(documents: Path) -> None:
    draw_document(numbered())()
    before = pdfs(documents)
    begin_new_database()

    with pytest.raises(folder.WrongFolder, match="another database"):
        folder.check()
    # The same number again, for another customer.
    with pytest.raises(Exception, match=r"never replaced|another database"):
        draw_document(numbered("SO-2"))

    assert pdfs(documents) == before
    assert not DocumentFolder.objects.exists()


def test_new_database_with_unmarked_documents_is_refused(documents: Path) -> None:
    draw_document(numbered())()
    (documents / folder.MARK).unlink()
    begin_new_database()

    with pytest.raises(folder.WrongFolder, match="VAR_DIR"):
        folder.claim()


def test_folder_of_another_database_is_refused(documents: Path) -> None:
    folder.claim()
    DocumentFolder.objects.update(identity=uuid4())

    with pytest.raises(folder.WrongFolder):
        draw_document(numbered())

    assert pdfs(documents) == {}


def test_old_database_with_empty_folder_is_refused(settings: Settings, tmp_path: Path) -> None:
    draw_document(numbered())()
    settings.MEDIA_ROOT = tmp_path / "elsewhere"

    with pytest.raises(folder.FolderNotSeen, match="restore") as refusal:
        draw_document(numbered("SO-2"))

    assert isinstance(refusal.value, OSError)  # the volume may be late: it is tried again
    assert not settings.MEDIA_ROOT.exists()


@pytest.mark.parametrize("forgotten", ["mark", "row", "both"])
def test_database_and_folder_with_same_documents_match(documents: Path, forgotten: str) -> None:
    """As after an upgrade, and after a restore of an older backup."""
    draw_document(numbered())()
    if forgotten in ("mark", "both"):
        (documents / folder.MARK).unlink()
    if forgotten in ("row", "both"):
        DocumentFolder.objects.all().delete()

    folder.claim()

    assert (documents / folder.MARK).read_text().strip() == str(DocumentFolder.objects.get())


def test_restored_folder_matches_its_database(
    documents: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    draw_document(numbered())()
    backup = tmp_path_factory.mktemp("backup") / "documents"
    shutil.copytree(documents, backup)
    shutil.rmtree(documents)
    with pytest.raises(folder.FolderNotSeen):
        folder.check()

    shutil.move(backup, documents)

    folder.claim()


def test_damaged_mark_is_named(documents: Path) -> None:
    folder.claim()
    (documents / folder.MARK).write_text("half")

    with pytest.raises(folder.WrongFolder, match="delete it"):
        folder.check()


def test_database_older_than_its_documents_is_refused(documents: Path) -> None:
    for order in ("SO-1", "SO-2"):
        draw_document(numbered(order))()
    folder.check_numbers()
    Series.objects.update(last=1)  # restored from a backup of before the second one

    with pytest.raises(folder.OlderDatabase, match=r"number 2 of INV-.*counter is at 1"):
        folder.check_numbers()
