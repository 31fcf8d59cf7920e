"""Damage to documents."""

import shutil
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.core.files.storage import default_storage

from billing.folder import MARK
from billing.models import Invoice, Series
from bus.models import State
from tests.damage.planting import breaks, ledger, never_done
from tests.damage.settled import Shop
from tests.damage.tampering import tampering


def invoice(shop: Shop) -> Invoice:
    return Invoice.objects.get(order_number=shop.released)


@breaks("document numbers run from 1 without a gap and agree with their counter", mends=False)
def document_lost(shop: Shop, _stack: ExitStack) -> str:
    lost = invoice(shop)
    with tampering(Invoice):
        Invoice.objects.filter(pk=lost.pk).delete()
    return lost.number


@breaks("a document's number agrees with its series, year and sequence", mends=False)
def document_of_another_year(shop: Shop, _stack: ExitStack) -> str:
    with tampering(Invoice):
        Invoice.objects.filter(pk=invoice(shop).pk).update(issued_on="2020-02-29")
    return invoice(shop).number


@breaks("every issued document's file is the one that was issued", mends=True)
def file_lost(shop: Shop, _stack: ExitStack) -> str:
    default_storage.delete(invoice(shop).storage_name)
    return invoice(shop).number


@breaks("every issued document's file is the one that was issued", mends=False)
def file_changed(shop: Shop, _stack: ExitStack) -> str:
    with default_storage.open(invoice(shop).storage_name, "ab") as file:
        file.write(b" ")
    return invoice(shop).number


@breaks("every issued document's file is the one that was issued", mends=True)
def file_truncated(shop: Shop, _stack: ExitStack) -> str:
    path = Path(default_storage.path(invoice(shop).storage_name))
    path.write_bytes(path.read_bytes()[:100])
    return invoice(shop).number


@breaks("every issued document's file is the one that was issued", mends=False)
def file_of_another_document(shop: Shop, _stack: ExitStack) -> str:
    other = Invoice.objects.get(order_number=shop.sent)
    path = Path(default_storage.path(invoice(shop).storage_name))
    path.write_bytes(Path(default_storage.path(other.storage_name)).read_bytes())
    return invoice(shop).number


@breaks("every file of a document has its document", mends=False)
def file_of_a_newer_database(shop: Shop, _stack: ExitStack) -> str:
    path = Path(default_storage.path(invoice(shop).storage_name))
    path.with_stem("INV-1999-000007").write_bytes(b"%PDF-1.4\n%%EOF\n")
    return "INV-1999-000007"


@breaks("no counter of documents is behind their files", mends=True)
def counter_set_back(_shop: Shop, _stack: ExitStack) -> str:
    counter = Series.objects.get(prefix="INV")
    Series.objects.filter(pk=counter.pk).update(last=counter.last - 1)
    return f"INV-{counter.year}"


@breaks("the documents' folder belongs to this database", mends=False)
def folder_of_another_database(_shop: Shop, _stack: ExitStack) -> str:
    Path(default_storage.path(MARK)).write_text(f"{uuid4()}\n")
    return MARK


@breaks("the documents' folder belongs to this database", mends=True)
def folder_lost(_shop: Shop, _stack: ExitStack) -> str:
    shutil.rmtree(settings.MEDIA_ROOT)
    return MARK


@breaks("the sums of every document add up", mends=False)
def sums_changed(shop: Shop, _stack: ExitStack) -> str:
    with tampering(Invoice):
        Invoice.objects.filter(pk=invoice(shop).pk).update(total=1)
    return invoice(shop).number


@breaks("no document is without its order", mends=False)
def document_without_an_order(shop: Shop, _stack: ExitStack) -> str:
    number = invoice(shop).number
    with tampering(Invoice):
        Invoice.objects.filter(number=number).update(order_number="SO-9")
    return number


@breaks("every document has its InvoiceNumbered", mends=False)
def number_that_was_not_stated(shop: Shop, _stack: ExitStack) -> str:
    with tampering(Invoice):
        Invoice.objects.filter(pk=invoice(shop).pk).update(number="INV-2026-000999")
    return "INV-2026-000999"


@breaks("every delivery of billing that is done has its effect", mends=True)
def credit_note_never_issued(shop: Shop, _stack: ExitStack) -> str:
    return never_done(shop, "issue_credit_note")


@breaks("every delivery of billing that is done has its effect", mends=False)
def invoice_lost(shop: Shop, _stack: ExitStack) -> str:
    with tampering(Invoice):
        invoice(shop).delete()
    return shop.released


@breaks("every effect of billing is done in the ledger", mends=True)
def invoice_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "issue_invoice", state=State.DEAD)
