"""What notifications does with events, through the ledger and a real mail server."""

from email.message import EmailMessage
from typing import Any

import pytest
from django.utils import timezone

from bus.models import Delivery
from bus.testing import given, settle, state_of
from notifications.models import Kind, Message, State
from notifications.tests import samples
from tests.support.mail_server import HANG_UP, MailServer

pytestmark = pytest.mark.django_db(transaction=True)

CONFIRM = "notifications.tasks.send_order_confirmation"
CANCEL = "notifications.tasks.send_cancellation"
INVOICE = "notifications.tasks.send_invoice"


def subjects(mail_server: MailServer) -> list[str]:
    return [str(mail["Subject"]) for mail in mail_server.mails]


def let_the_waits_pass() -> None:
    Delivery.objects.filter(state="waiting").update(due_at=timezone.now())


def test_confirmation_is_sent_and_recorded(mail_server: MailServer) -> None:
    given(samples.order_confirmed())

    settle("notifications")

    [mail] = mail_server.mails
    message = Message.objects.get()
    assert state_of(CONFIRM, samples.NUMBER) == "done"
    assert message.state == State.SENT
    assert message.sent_at is not None
    assert message.to == "jm@example.org"
    assert message.subject == mail["Subject"]
    assert message.message_id == mail["Message-ID"]


def test_mails_of_batch_share_one_connection(mail_server: MailServer) -> None:
    given(*(samples.order_confirmed(number=f"SO-{n}") for n in range(7)))

    settle("notifications")

    assert len(mail_server.mails) == 7
    assert mail_server.sessions == 1


def test_refused_mail_does_not_stop_its_batch(mail_server: MailServer) -> None:
    mail_server.script = {"RCPT": [None, "550 5.1.1 <jm@example.org> unknown", None]}
    given(*(samples.order_confirmed(number=f"SO-{n}") for n in range(3)))

    settle("notifications")

    states = Message.objects.order_by("order_number").values_list("state", flat=True)
    assert list(states) == [State.SENT, State.REFUSED, State.SENT]
    assert state_of(CONFIRM, "SO-1") == "dead"
    assert "550 5.1.1 [address] unknown" in Message.objects.get(order_number="SO-1").note
    assert "jm@example.org" not in Delivery.objects.get(stream="SO-1").error


def test_deferred_mail_keeps_its_message_id(
    mail_server: MailServer,
) -> None:
    mail_server.script = {"RCPT": ["450 greylisted"]}
    given(samples.order_confirmed())
    settle("notifications")
    assert state_of(CONFIRM, samples.NUMBER) == "waiting"
    delayed = Message.objects.get()
    assert delayed.state == State.DELAYED

    let_the_waits_pass()
    settle("notifications")

    message = Message.objects.get()
    assert message.state == State.SENT
    assert message.note == ""
    assert mail_server.mails[0]["Message-ID"] == delayed.message_id


def test_ambiguous_mail_is_repeated_once(mail_server: MailServer) -> None:
    mail_server.script = {"DATA": [HANG_UP, HANG_UP]}
    given(samples.order_confirmed())
    settle("notifications")
    assert state_of(CONFIRM, samples.NUMBER) == "waiting"
    assert Message.objects.get().state == State.UNCLEAR

    let_the_waits_pass()
    settle("notifications")

    assert state_of(CONFIRM, samples.NUMBER) == "dead"


def test_mail_survives_an_unreachable_server(mail_server: MailServer, settings: Any) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    given(samples.order_confirmed())
    settle("notifications")
    assert state_of(CONFIRM, samples.NUMBER) == "waiting"

    settings.EMAIL_PORT = port
    let_the_waits_pass()
    settle("notifications")

    assert len(mail_server.mails) == 1


def test_cancellation_mail_omits_typed_reason(
    mail_server: MailServer,
) -> None:
    given(samples.order_cancelled(reason="Changed my mind"))

    settle("notifications")

    [mail] = mail_server.mails
    assert "cancelled" in mail["Subject"]
    assert "Changed my mind" not in mail.as_string()


def test_no_confirmation_follows_cancellation(mail_server: MailServer) -> None:
    given(samples.order_cancelled())
    settle("notifications")

    given(samples.order_confirmed())
    settle("notifications")

    assert subjects(mail_server) == ["Your order SO-100042 was cancelled"]
    assert state_of(CONFIRM, samples.NUMBER) == "done"
    assert Message.objects.get(kind=Kind.ORDER_CONFIRMATION).state == State.SKIPPED


def test_cancellation_mail_waits_for_the_confirmation_being_sent(mail_server: MailServer) -> None:
    _confirmation_begun_at(timezone.now())
    given(samples.order_cancelled())

    settle("notifications")

    assert mail_server.mails == []
    assert state_of(CANCEL, samples.NUMBER) == "waiting"
    assert Message.objects.get(kind=Kind.CANCELLATION).state == State.DELAYED


def test_cancellation_mail_does_not_wait_for_a_lost_worker(mail_server: MailServer) -> None:
    _confirmation_begun_at(samples.PLACED_AT)
    given(samples.order_cancelled())

    settle("notifications")

    assert subjects(mail_server) == ["Your order SO-100042 was cancelled"]


def test_invoice_goes_out_with_its_pdf(mail_server: MailServer, stored_pdf: str) -> None:
    given(samples.invoice_issued(stored_pdf))

    settle("notifications")

    [document] = _documents(mail_server.mails[0])
    assert document.get_content() == samples.PDF
    assert Message.objects.get().attachments == [stored_pdf]


def test_altered_invoice_is_left_to_a_person(mail_server: MailServer, stored_pdf: str) -> None:
    given(samples.invoice_issued(stored_pdf, sha256="0" * 64))

    settle("notifications")

    assert mail_server.mails == []
    assert state_of(INVOICE, samples.NUMBER) == "dead"
    assert "SHA-256" in Message.objects.get().note


def test_dispatched_order_is_mailed_with_its_tracking_number(mail_server: MailServer) -> None:
    given(samples.shipment_dispatched())

    settle("notifications")

    [mail] = mail_server.mails
    assert "00340434161094015902" in mail.get_body(["plain"]).get_content()


def _confirmation_begun_at(instant: Any) -> None:
    Message.objects.create(
        key="another-worker",
        kind=Kind.ORDER_CONFIRMATION,
        order_number=samples.NUMBER,
        order_id=samples.ORDER_ID,
        about="OrderConfirmed",
        state=State.SENDING,
        begun_at=instant,
    )


def _documents(mail: EmailMessage) -> list[EmailMessage]:
    return list(mail.iter_attachments())
