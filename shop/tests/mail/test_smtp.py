"""What becomes of a mail when the mail server fails."""

import socket
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from bus import Ambiguous
from shop.mail.errors import MailDeferred, MailRefused
from shop.mail.smtp import SmtpBackend
from tests.support.mail_server import HANG_UP, SAY_NOTHING, MailServer
from tests.support.servers import free_port

ANSWER = "{} <jm@example.org>: Recipient address says no"


def email(to: str = "jm@example.org") -> EmailMessage:
    return EmailMessage("Subject", "Body", "shop@example.com", [to])


def outcome_of_sending(mail_server: MailServer, **script: str) -> Exception:
    """The error of a first mail, after which a second one has been sent over the same backend."""
    mail_server.script = {command: [answer] for command, answer in script.items()}
    with get_connection() as mail:
        try:
            mail.send_messages([email()])
        except Exception as error:
            mail.open()
            mail.send_messages([email("next@example.org")])
            return error
    raise AssertionError("the mail server accepted the mail")


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_4xx_answer_defers_mail(mail_server: MailServer, command: str, code: int) -> None:
    error = outcome_of_sending(mail_server, **{command: ANSWER.format(code)})

    assert isinstance(error, MailDeferred)
    assert str(code) in str(error)
    assert mail_server.recipients == ["next@example.org"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_5xx_answer_refuses_mail(mail_server: MailServer, command: str) -> None:
    error = outcome_of_sending(mail_server, **{command: ANSWER.format(550)})

    assert isinstance(error, MailRefused)
    assert mail_server.recipients == ["next@example.org"]


def test_server_that_requires_login_defers_mail(mail_server: MailServer) -> None:
    error = outcome_of_sending(mail_server, MAIL="530 Authentication required")

    assert isinstance(error, MailDeferred)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "354"])
def test_connection_lost_before_message_defers_mail(mail_server: MailServer, command: str) -> None:
    error = outcome_of_sending(mail_server, **{command: HANG_UP})

    assert isinstance(error, MailDeferred)
    assert mail_server.recipients == ["next@example.org"]


def test_connection_lost_after_final_dot_is_ambiguous(mail_server: MailServer) -> None:
    error = outcome_of_sending(mail_server, DATA=HANG_UP)

    assert isinstance(error, Ambiguous)
    assert mail_server.recipients == ["next@example.org"]


def test_silence_after_final_dot_is_ambiguous(mail_server: MailServer, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.3

    error = outcome_of_sending(mail_server, DATA=SAY_NOTHING)

    assert isinstance(error, Ambiguous)


def test_errors_do_not_name_the_recipient(mail_server: MailServer) -> None:
    refused = outcome_of_sending(mail_server, RCPT=ANSWER.format("550 5.1.1"))

    assert "jm@example.org" not in str(refused)
    assert refused.__cause__ is None
    assert refused.__suppress_context__


def test_unreachable_server_defers_mail(mail_server: MailServer, settings: Any) -> None:
    settings.EMAIL_PORT = free_port()

    with pytest.raises(MailDeferred, match="ConnectionRefusedError"), get_connection():
        pass


def test_server_without_greeting_defers_mail(mail_server: MailServer, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT = silent.getsockname()[1]

        with pytest.raises(MailDeferred), get_connection():
            pass


def test_session_without_quit_answer_does_not_fail(mail_server: MailServer) -> None:
    with SmtpBackend() as mail:
        mail.send_messages([email()])
        assert mail.connection is not None
        assert mail.connection.sock is not None
        mail.connection.sock.shutdown(socket.SHUT_RDWR)

    assert mail_server.recipients == ["jm@example.org"]
