"""Doubled effects are counted in the apps' tables."""

from uuid import uuid4

import pytest
from django.utils import timezone

from config.demo.effects import doubled
from notifications.models import Message

pytestmark = pytest.mark.django_db


def mail(key: str, original: Message | None = None) -> Message:
    return Message.objects.create(
        key=key,
        kind="invoice",
        order_number="SO-1",
        order_id=uuid4(),
        about="InvoiceIssued INV-1",
        subject="Invoice",
        to="ada@example.com",
        message_id=f"<{key}@example.com>",
        begun_at=timezone.now(),
        original=original,
        asked_by="grace" if original else "",
        asked_at=timezone.now() if original else None,
    )


def test_second_mail_about_an_event_is_counted_as_doubled() -> None:
    mail("first")
    mail("second")

    assert doubled(["SO-1"])["notifications"] == 1


def test_mail_resent_by_staff_is_not_counted_as_doubled() -> None:
    mail("again", original=mail("first"))

    assert set(doubled(["SO-1"]).values()) == {0}
