"""Telling a warehouse of people."""

import pytest
from pytest_django.fixtures import Settings

from bus.testing import given, settle, state_of
from fulfillment.models import Shipment
from shop.testing import cancelled, placed, reserved
from tests.support.mail_server import HANG_UP, MailServer
from tests.support.servers import free_port

pytestmark = pytest.mark.django_db(transaction=True)

RELEASE = "fulfillment.tasks.release_shipment"


@pytest.fixture(autouse=True)
def people(settings: Settings) -> None:
    settings.WAREHOUSE_URL = ""
    settings.WAREHOUSE_EMAIL = ["packers@example.com"]


def test_packers_get_a_mail_with_the_lines_to_pack(mailoutbox: list) -> None:
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


def test_every_packer_gets_the_mail(mail_server: MailServer, settings: Settings) -> None:
    settings.WAREHOUSE_EMAIL = ["packers@example.com", '"Lager, Nord" <north@example.com>']
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    [mail] = mail_server.mails
    assert [to.addr_spec for to in mail["To"].addresses] == [
        "packers@example.com", "north@example.com",
    ]  # fmt: skip
    assert state_of(RELEASE, "SO-1") == "done"


def test_board_shows_shipment_without_warehouse_address(
    mailoutbox: list, settings: Settings
) -> None:
    settings.WAREHOUSE_EMAIL = []
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    assert mailoutbox == []
    assert Shipment.objects.get().state == "released"


def test_packers_get_a_mail_on_recall(mailoutbox: list) -> None:
    given(placed("SO-1", CUP=2), reserved("SO-1"))
    settle("fulfillment")

    given(cancelled("SO-1", CUP=2))
    settle("fulfillment")

    assert [mail.subject for mail in mailoutbox] == ["Please pack SO-1", "Do not send SO-1"]
    assert Shipment.objects.get().recalled_at is not None


def test_mail_is_retried_while_server_is_down(mail_server: MailServer, settings: Settings) -> None:
    settings.EMAIL_PORT = free_port()
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    assert state_of(RELEASE, "SO-1") == "waiting"
    assert Shipment.objects.get().state == "open"


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "450 later", "waiting"),
        ("RCPT", "550 never", "dead"),
        ("DATA", "451 later", "waiting"),
        ("DATA", HANG_UP, "waiting"),
    ],
)
def test_mail_is_retried_by_kind_of_answer(
    mail_server: MailServer, command: str, answer: str, state: str
) -> None:
    mail_server.script = {command: [answer]}
    given(placed("SO-1", CUP=2), reserved("SO-1"))

    settle("fulfillment")

    assert state_of(RELEASE, "SO-1") == state
    assert Shipment.objects.get().state == "open"


def test_shipments_of_one_message_share_one_connection(mail_server: MailServer) -> None:
    for number in ("SO-1", "SO-2"):
        given(placed(number, CUP=2), reserved(number))

    settle("fulfillment")

    assert [mail["To"] for mail in mail_server.mails] == ["packers@example.com"] * 2
    assert mail_server.sessions == 1
