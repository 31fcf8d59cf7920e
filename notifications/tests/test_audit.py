"""What the nightly audit finds among the mails. It never sends one."""

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage

import pytest
from django.utils import timezone

from bus.models import Delivery
from bus.testing import given, settle
from notifications import audit, services
from notifications.models import Message
from shop.testing import cancelled, confirmed, dispatched

pytestmark = pytest.mark.django_db(transaction=True)
Folder = Callable[[], list[EmailMessage]]

ALL = [
    audit.no_mail_is_stuck,
    audit.told_once,
    audit.done_without_effect,
    audit.effect_without_done,
]


@pytest.fixture(autouse=True)
def a_busy_day(folder: Folder) -> None:
    given(confirmed("SO-1", CUP=1), dispatched("SO-1", CUP=1), confirmed("SO-2", CUP=1))
    settle("notifications")
    given(cancelled("SO-2", CUP=1))
    services.request_resend(Message.objects.get(kind="dispatch notice"), "grace")
    settle("notifications")


def confirmation() -> Delivery:
    return Delivery.objects.get(
        stream="SO-1", subscription__name="notifications.tasks.send_order_confirmation"
    )


@pytest.mark.parametrize("check", ALL)
def test_day_without_trouble_has_no_findings(check: Callable) -> None:
    assert Message.objects.count() == 5
    assert list(check()) == []


@pytest.mark.parametrize("kind", ["order confirmation", "cancellation", "dispatch notice"])
def test_finished_mail_without_record_is_found(kind: str) -> None:
    # A mail that staff sent again is a handler of its own.
    for message in Message.objects.filter(kind=kind).order_by("-id"):
        message.delete()

    findings = list(audit.done_without_effect())

    assert findings
    assert all("mail server's log" in finding.asks for finding in findings)
    assert [finding.repair for finding in findings] == [None] * len(findings)


def test_skipped_mail_is_no_finding() -> None:
    Message.objects.filter(kind="order confirmation").update(state="skipped", sent_at=None)

    assert list(audit.done_without_effect()) == []


def test_sent_mail_with_dead_delivery_is_not_sent_again(folder: Folder) -> None:
    before = len(folder())
    Delivery.objects.filter(pk=confirmation().pk).update(state="dead")

    [finding] = audit.effect_without_done()
    settle("notifications")

    assert finding.subject == f"SO-1, delivery {confirmation().pk}"
    assert finding.repair is None
    assert len(folder()) == before


def test_mail_waiting_for_retry_is_no_finding() -> None:
    long_ago = timezone.now() - timedelta(hours=3)
    sending = Message.objects.filter(order_number="SO-1", kind="order confirmation")
    sending.update(state="sending", sent_at=None, begun_at=long_ago)
    Delivery.objects.filter(pk=confirmation().pk).update(state="waiting")

    assert list(audit.no_mail_is_stuck()) == []
