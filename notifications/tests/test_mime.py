"""Headers, bodies and documents of the mails as a mail server gets them."""

import re
from collections.abc import Callable
from datetime import UTC, date, timedelta
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from django.utils.timezone import make_aware

from notifications.messages import compose
from notifications.mime import letter
from notifications.services import mail_connection
from notifications.tests import samples
from shop import qr
from shop.documents import DocumentAltered, DocumentUnavailable
from shop.events import OrderEvent
from shop.mail.errors import MailDeferred, MailRefused
from shop.payment import transfer
from tests.support.mail_server import MailServer

KEY = "0b0e7f0d-6a47-4a6f-9c55-0f6a3d1b2c11.notifications.send-order-confirmation"
Folder = Callable[[], list[EmailMessage]]


def post(event: OrderEvent, key: str = KEY) -> None:
    with mail_connection() as mail:
        mail.send_messages([letter(compose(event), key)])


def test_mail_has_plain_text_and_html(mail_server: MailServer) -> None:
    post(samples.order_confirmed())

    [mail] = mail_server.mails
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert "SO-100042" in mail.get_body(["plain"]).get_content()
    assert "SO-100042" in mail.get_body(["html"]).get_content()


def test_headers_mark_an_automatic_mail(mail_server: MailServer) -> None:
    post(samples.order_confirmed())

    [mail] = mail_server.mails
    assert mail["Message-ID"] == f"<{KEY}@example.com>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Subject"] == "Your order SO-100042 at The Shop"
    assert mail["From"] == "The Shop <mail@example.com>"
    sent_at = make_aware(parsedate_to_datetime(mail["Date"]), UTC)
    assert abs(timezone.now() - sent_at) < timedelta(minutes=1)


def test_domain_in_any_script_receives_mail(mail_server: MailServer, settings: Any) -> None:
    settings.DEFAULT_FROM_EMAIL = "Laden <post@faß.example>"
    customer = samples.customer(email="ada@straße.example")

    post(samples.order_placed(customer=customer))

    [mail] = mail_server.mails
    assert mail_server.recipients == ["ada@xn--strae-oqa.example"]
    assert mail["To"].addresses[0].addr_spec == "ada@xn--strae-oqa.example"
    assert mail["From"].addresses[0].addr_spec == "post@xn--fa-hia.example"
    assert mail["Message-ID"].endswith("@xn--fa-hia.example>")


@pytest.mark.parametrize("email", ["ädä@example.com", "=?utf-8?q?=0A?=@example.com", "root"])
def test_unmailable_address_is_refused_without_being_named(email: str) -> None:
    event = samples.order_placed(customer=samples.customer(email=email))

    with pytest.raises(MailRefused) as refusal:
        letter(compose(event), KEY)

    assert email not in str(refusal.value)


@pytest.mark.parametrize(
    "name",
    ["Jürgen Müller", "Ana, Bob <boss@example.net>", "山田 太郎",
     "=?utf-8?q?=0D=0ABcc:_b@c.example?=",
     "Ana\r\nBcc: boss@example.net\r\n\r\nBuy this", "Ω" * 120],
)  # fmt: skip
def test_headers_contain_no_name(folder: Folder, name: str) -> None:
    post(samples.order_confirmed(customer=samples.customer(name=name)))

    [mail] = folder()
    assert [value for header, value in mail.raw_items() if header == "To"] == ["jm@example.org"]
    assert mail["Bcc"] is None


def test_invoice_carries_its_pdf(folder: Folder, stored_pdf: str) -> None:
    post(samples.invoice_issued(stored_pdf))

    [mail] = folder()
    [document] = mail.iter_attachments()
    assert document.get_filename() == "RE-2026-000017.pdf"
    assert document.get_content_type() == "application/pdf"
    assert document.get_content() == samples.PDF


def test_invoice_shows_its_girocode_beside_the_html(folder: Folder, stored_pdf: str) -> None:
    issued = samples.invoice_issued(stored_pdf, due_on=date(2026, 12, 7))
    post(issued)

    [mail] = folder()
    related = mail.get_body(("related",))
    html, picture = related.iter_parts()
    assert html.get_content_type() == "text/html"
    assert 'src="cid:girocode"' in html.get_content()
    assert (picture["Content-ID"], picture.get_content_type()) == ("<girocode>", "image/png")
    assert picture.get_content_disposition() == "inline"
    asked = transfer(issued.total, "EUR", issued.document, issued.due_on)
    assert picture.get_content() == qr.png(asked.girocode)
    for body in (html, mail.get_body(("plain",))):
        for part in ("7 December 2026", asked.grouped_iban, "RE-2026-000017"):
            assert part in body.get_content()


def test_invoice_with_its_girocode_has_equal_bytes_at_every_try(stored_pdf: str) -> None:
    def sent() -> bytes:
        written = letter(compose(samples.invoice_issued(stored_pdf)), KEY).message().as_bytes()
        return re.sub(rb"(?m)^Date: .*$", b"", written)

    assert sent() == sent()


@pytest.mark.parametrize(
    "changes", [{"kind": "credit note"}, {"currency": "CHF"}], ids=["credit note", "francs"]
)
def test_mail_without_a_girocode_has_no_picture(stored_pdf: str, changes: dict[str, Any]) -> None:
    mail = letter(compose(samples.invoice_issued(stored_pdf, **changes)), KEY)

    kinds = [part.get_content_type() for part in mail.message().walk()]
    assert "image/png" not in kinds
    assert "multipart/related" not in kinds
    assert "cid:" not in str(mail.alternatives)


def test_altered_document_is_not_sent(stored_pdf: str, settings: Any) -> None:
    Path(settings.MEDIA_ROOT, stored_pdf).write_bytes(b"something else")

    with pytest.raises(DocumentAltered, match="SHA-256"):
        letter(compose(samples.invoice_issued(stored_pdf)), KEY)


def test_missing_document_is_retried(stored_pdf: str) -> None:
    with pytest.raises(DocumentUnavailable, match="MEDIA_ROOT"):
        letter(compose(samples.invoice_issued("another.pdf")), KEY)


def test_folder_backend_names_files_by_time_and_subject(folder: Folder, settings: Any) -> None:
    with mail_connection() as connection:
        for event in (samples.order_confirmed(), samples.shipment_dispatched()):
            connection.send_messages([letter(compose(event), KEY)])

    names = sorted(path.name for path in settings.EMAIL_FILE_PATH.iterdir())
    assert [name.split("-", 3)[3] for name in names] == [
        "your-order-so-100042-at-the-shop.eml",
        "your-order-so-100042-is-on-its-way.eml",
    ]


def test_unwritable_folder_defers_mail(settings: Any, tmp_path: Path) -> None:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "file" / "mail"
    (tmp_path / "file").touch()

    with pytest.raises(MailDeferred, match="EMAIL_FILE_PATH"):
        post(samples.order_confirmed())


def test_long_key_is_not_folded_in_the_header(folder: Folder, settings: Any) -> None:
    post(samples.order_confirmed(), key="k" * 120)

    [path] = settings.EMAIL_FILE_PATH.iterdir()
    assert b"Message-ID: <" + b"k" * 120 + b"@example.com>" in path.read_bytes()
    assert folder()[0]["Message-ID"] == "<" + "k" * 120 + "@example.com>"
