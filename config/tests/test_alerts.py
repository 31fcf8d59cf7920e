"""Operators are alerted by mail and by a webhook, and of no person's data."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from bus import DeliveryDied, QueueStuck
from config import alerts
from shop.http import ServiceRefused
from shop.mail.errors import MailDeferred
from tests.support.http_stub import HttpStub, Reply
from tests.support.mail_server import MailServer, listening

pytestmark = pytest.mark.django_db

DIED = DeliveryDied(
    delivery=12,
    subscription="billing.tasks.draw_document",
    queue="billing",
    about="SO-100001",
    attempts=9,
    kind="builtins.OSError",
    frame="billing/documents.py:7 draw",
    failure="0123456789abcdef",
)
STUCK = QueueStuck(
    queue="billing",
    since=timezone.now() - timedelta(minutes=15),
    subscriptions=("billing.tasks.draw_document",),
)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    settings.EMAIL_BACKEND = "shop.mail.smtp.SmtpBackend"
    settings.OPERATORS = ["Ada <ada@example.com>", "bob@example.com"]
    with listening() as (server, port):
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield server


@pytest.fixture
def webhook(settings: Any) -> Iterator[HttpStub]:
    with HttpStub() as stub:
        settings.OPERATORS_WEBHOOK = stub.url
        yield stub


def test_death_is_mailed_to_all_operators(mail: MailServer, settings: Any) -> None:
    alerts.mail_death(DIED, "key-1")

    (letter,) = mail.mails
    assert mail.recipients == ["ada@example.com", "bob@example.com"]
    assert letter["Subject"] == f"[{settings.SHOP_NAME}] Dead: billing.tasks.draw_document, OSError"
    assert letter["Message-ID"].startswith("<key-1@")
    text = letter.get_content()
    assert "billing/documents.py:7 draw" in text
    assert f"{settings.SITE_URL}/admin/bus/delivery/failures/0123456789abcdef/" in text


def test_standstill_is_mailed_with_the_command_that_starts_a_worker(mail: MailServer) -> None:
    alerts.mail_standstill(STUCK, "key-2")

    (letter,) = mail.mails
    assert "Stuck: the queue billing" in letter["Subject"]
    assert "celery -A config worker --queues billing" in letter.get_content()


def test_deferred_alert_is_tried_again(mail: MailServer) -> None:
    mail.script = {"MAIL": ["451 later"]}

    with pytest.raises(MailDeferred):
        alerts.mail_death(DIED, "key-1")
    assert MailDeferred in alerts.RETRY.on


def test_alerts_are_posted_with_their_key(webhook: HttpStub) -> None:
    alerts.post_death(DIED, "key-1")
    alerts.post_standstill(STUCK, "key-2")

    death, standstill = webhook.received
    assert death.headers["idempotency-key"] == "key-1"
    assert death.json["type"] == "DeliveryDied"
    assert death.json["data"]["failure"] == "0123456789abcdef"
    assert death.json["link"] in death.json["text"]
    assert standstill.json["type"] == "QueueStuck"


def test_refused_post_is_not_tried_again(webhook: HttpStub) -> None:
    webhook.replies = [Reply(404)]

    with pytest.raises(ServiceRefused):
        alerts.post_death(DIED, "key-1")
    assert ServiceRefused not in alerts.RETRY.on


def test_without_operators_no_connection_is_opened(settings: Any) -> None:
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    settings.EMAIL_BACKEND = "shop.mail.smtp.SmtpBackend"
    assert settings.OPERATORS == []
    assert settings.OPERATORS_WEBHOOK == ""

    alerts.mail_death(DIED, "key")
    alerts.mail_standstill(STUCK, "key")
    alerts.post_death(DIED, "key")
    alerts.post_standstill(STUCK, "key")
