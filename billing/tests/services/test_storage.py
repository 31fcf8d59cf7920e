"""No document's file takes another one's place, and no crash leaves half of one for good."""

import os
from pathlib import Path

import pytest

from billing.models import Invoice
from billing.services import FileDiffers, NameTaken, draw_document
from billing.tests.events import confirmed, numbered
from shop.events import InvoiceNumbered

pytestmark = pytest.mark.django_db

OTHER = b"%PDF-1.4\nthe invoice of another customer\n%%EOF\n"


@pytest.fixture(name="numbered")
def numbered_invoice() -> InvoiceNumbered:
    return numbered(confirmed())


@pytest.fixture
def path(documents: Path) -> Path:
    invoice = Invoice.objects.get()
    return documents / "invoices" / str(invoice.year) / f"{invoice.number}.pdf"


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.mark.parametrize("content", [OTHER, b"no PDF at all"])
def test_file_of_other_content_is_never_replaced_before_issue(numbered, path, content):
    put(path, content)

    with pytest.raises(NameTaken, match="never replaced") as refusal:
        draw_document(numbered)

    assert str(path) in str(refusal.value)
    assert "move it" in str(refusal.value)
    assert path.read_bytes() == content


def test_complete_file_of_other_content_is_never_replaced_after_issue(numbered, path):
    draw_document(numbered)()
    path.write_bytes(OTHER)

    with pytest.raises(NameTaken):
        draw_document(numbered)

    assert path.read_bytes() == OTHER


@pytest.mark.parametrize(
    "damage",
    [
        lambda whole: b"",
        lambda whole: whole[:100],
        lambda whole: whole[:100] + bytes(len(whole) - 100),
        lambda whole: whole[:-1],
    ],
    ids=["empty", "truncated", "followed by zeros", "short of one byte"],
)
@pytest.mark.parametrize("issued", [False, True])
def test_file_damaged_by_crash_is_drawn_again(numbered, path, damage, issued):
    after_done = draw_document(numbered)
    if issued:
        after_done()
    whole = path.read_bytes()
    path.write_bytes(damage(whole))

    draw_document(numbered)

    assert path.read_bytes() == whole


def test_corrupt_issued_file_is_drawn_again(numbered, path):
    draw_document(numbered)()
    whole = path.read_bytes()
    path.write_bytes(bytes(range(256)))

    draw_document(numbered)

    assert path.read_bytes() == whole


def test_damaged_file_with_other_bytes_is_kept(numbered, path):
    draw_document(numbered)
    Invoice.objects.update(
        storage_name=f"invoices/{path.parent.name}/{path.name}",
        sha256="0" * 64,
        drawn_at=numbered.at,
    )
    path.write_bytes(b"half")

    with pytest.raises(FileDiffers):
        draw_document(numbered)

    assert path.read_bytes() == b"half"


def test_drawing_leaves_no_temporary_file(numbered, path):
    draw_document(numbered)

    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_document_is_on_disk_before_it_is_recorded(numbered, path, monkeypatch):
    synced: list[tuple[str, bool]] = []
    fsync = os.fsync

    def note(descriptor: int) -> None:
        synced.append((Path(f"/proc/self/fd/{descriptor}").readlink().name, path.exists()))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    draw_document(numbered)

    [content] = [
        there
        for name, there in synced
        if name.endswith(f"{path.name}.part") or name.startswith(f".{path.name}.")
    ]
    assert content is False
    assert (path.parent.name, True) in synced
