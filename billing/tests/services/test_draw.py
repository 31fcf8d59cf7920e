"""A document's file is stored once and stays what it was, whatever crashes in between."""

from hashlib import sha256
from pathlib import Path

import pytest

from billing.folder import MARK
from billing.models import Invoice
from billing.services import FileDiffers, draw_document
from billing.tests.events import confirmed, numbered
from bus.models import Event

pytestmark = pytest.mark.django_db


def files(folder: Path) -> list[Path]:
    """All of them, but for the mark of the database that the folder belongs to."""
    return [path for path in folder.rglob("*") if path.is_file() and path.name != MARK]


def test_file_is_stored_and_then_recorded_and_published(documents):
    event = numbered(confirmed())

    after_done = draw_document(event)
    assert not Event.objects.filter(type="InvoiceIssued").exists()
    after_done()

    invoice = Invoice.objects.get()
    [file] = files(documents)
    assert file.relative_to(documents).as_posix() == invoice.storage_name
    assert file.name == f"{event.document}.pdf"
    assert sha256(file.read_bytes()).hexdigest() == invoice.sha256
    issued = Event.objects.get(type="InvoiceIssued")
    assert issued.data["sha256"] == invoice.sha256
    assert issued.personal.data["customer"]["email"] == "ada@example.com"


def test_crash_between_store_and_commit_leaves_one_file(documents):
    event = numbered(confirmed())
    draw_document(event)

    draw_document(event)()

    assert len(files(documents)) == 1


def test_half_written_file_is_replaced_under_its_own_name(documents):
    event = numbered(confirmed())
    draw_document(event)
    [file] = files(documents)
    whole = file.read_bytes()
    file.write_bytes(whole[:100])

    draw_document(event)()

    assert files(documents) == [file]
    assert file.read_bytes() == whole


def test_concurrent_drawings_are_recorded_and_published_once():
    event = numbered(confirmed())
    one, other = draw_document(event), draw_document(event)

    one()
    other()

    assert Event.objects.filter(type="InvoiceIssued").count() == 1


def test_issued_document_is_left_alone(documents):
    event = numbered(confirmed())
    draw_document(event)()
    [file] = files(documents)
    before = file.stat().st_mtime_ns

    assert draw_document(event) is None
    assert file.stat().st_mtime_ns == before


def test_lost_file_is_restored_with_same_bytes(documents):
    event = numbered(confirmed())
    draw_document(event)()
    [file] = files(documents)
    whole = file.read_bytes()
    file.unlink()

    assert draw_document(event) is None
    assert file.read_bytes() == whole


def test_lost_file_with_other_bytes_is_left_to_a_person(documents):
    event = numbered(confirmed())
    draw_document(event)
    Invoice.objects.update(storage_name="invoices/x.pdf", sha256="0" * 64, drawn_at=event.at)

    with pytest.raises(FileDiffers, match="restore it from a backup"):
        draw_document(event)


def test_unwritable_storage_raises_a_retried_error(documents):
    event = numbered(confirmed())
    (documents / "invoices").write_text("a file where a folder should be")

    with pytest.raises(OSError, match="invoices"):
        draw_document(event)
