"""Telling a warehouse of people."""

from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core.mail.backends.locmem import EmailBackend
from pytest_django.fixtures import Settings

from bus.testing import given, settle, state_of
from fulfillment import services
from fulfillment.models import Shipment
from fulfillment.tests.facts import cancelled, placed, reserved
from fulfillment.warehouse.by_mail import _judged

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = "fulfillment.tasks.release_shipment"


class Failing(EmailBackend):
    """A mail server that is away."""

    def send_messages(self, messages: list) -> int:
        raise SMTPServerDisconnected("gone")


@pytest.fixture(autouse=True)
def people(settings: Settings) -> None:
    settings.WAREHOUSE_URL = ""
    settings.WAREHOUSE_EMAIL = "packers@example.com"


def test_the_packers_get_a_mail_that_says_what_to_pack(mailoutbox: list) -> None:
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    [mail] = mailoutbox
    assert mail.to == ["packers@example.com"]
    assert mail.subject == "Please pack SO-1"
    assert "2 x A CUP (CUP)" in mail.body
    assert "/admin/fulfillment/packingboard/" in mail.body
    assert mail.extra_headers["Message-ID"].startswith("<")
    assert "Ada" not in mail.body
    assert Shipment.objects.get().state == "released"


def test_the_packers_are_told_to_keep_what_was_cancelled(mailoutbox: list) -> None:
    given(placed("SO-1", CUP=2), reserved("SO-1"))
    settle("fulfillment")

    given(cancelled("SO-1", CUP=2))
    settle("fulfillment")

    assert [mail.subject for mail in mailoutbox] == ["Please pack SO-1", "Do not send SO-1"]
    assert Shipment.objects.get().recalled_at is not None


def test_a_mail_server_that_is_away_is_tried_again(settings: Settings) -> None:
    settings.EMAIL_BACKEND = f"{Failing.__module__}.Failing"
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    assert state_of(RELEASE, "SO-1") == "waiting"
    assert Shipment.objects.get().state == "open"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (SMTPDataError(451, b"later"), services.WarehouseUnavailable),
        (SMTPDataError(550, b"never"), services.WarehouseRefused),
        (SMTPRecipientsRefused({"p@example.com": (450, b"")}), services.WarehouseUnavailable),
        (SMTPRecipientsRefused({"p@example.com": (550, b"")}), services.WarehouseRefused),
        (TimeoutError(), services.WarehouseUnavailable),
    ],
)
def test_the_mail_servers_code_says_whether_to_try_again(
    error: Exception, meaning: type[Exception]
) -> None:
    with pytest.raises(meaning), _judged():
        raise error
