"""What becomes of a mail when the relay is not at its best."""

import socket
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from bus import Ambiguous
from shop.mail import MailDeferred, MailRefused, SmtpBackend
from tests.relay import HANG_UP, SAY_NOTHING, Relay
from tests.servers import free_port

ANSWER = "{} <jm@example.org>: Recipient address says no"


def email(to: str = "jm@example.org") -> EmailMessage:
    return EmailMessage("Subject", "Body", "shop@example.com", [to])


def outcome_of_sending(relay: Relay, **script: str) -> Exception:
    """The error of a first mail, after which a second one has been sent over the same backend."""
    relay.script = {command: [answer] for command, answer in script.items()}
    with get_connection() as mail:
        try:
            mail.send_messages([email()])
        except Exception as error:
            mail.open()
            mail.send_messages([email("next@example.org")])
            return error
    raise AssertionError("the relay took the mail")


@pytest.mark.parametrize("code", [421, 450, 451, 452])
@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_an_answer_of_the_4xx_kind_defers_the_mail(relay: Relay, command: str, code: int) -> None:
    error = outcome_of_sending(relay, **{command: ANSWER.format(code)})

    assert isinstance(error, MailDeferred)
    assert str(code) in str(error)
    assert relay.recipients == ["next@example.org"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_an_answer_of_the_5xx_kind_refuses_the_mail(relay: Relay, command: str) -> None:
    error = outcome_of_sending(relay, **{command: ANSWER.format(550)})

    assert isinstance(error, MailRefused)
    assert relay.recipients == ["next@example.org"]


def test_a_relay_that_wants_a_login_defers_the_mail(relay: Relay) -> None:
    error = outcome_of_sending(relay, MAIL="530 Authentication required")

    assert isinstance(error, MailDeferred)


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "354"])
def test_a_connection_lost_before_the_message_defers_it(relay: Relay, command: str) -> None:
    error = outcome_of_sending(relay, **{command: HANG_UP})

    assert isinstance(error, MailDeferred)
    assert relay.recipients == ["next@example.org"]


def test_a_connection_lost_after_the_final_dot_is_ambiguous(relay: Relay) -> None:
    error = outcome_of_sending(relay, DATA=HANG_UP)

    assert isinstance(error, Ambiguous)
    assert relay.recipients == ["next@example.org"]


def test_silence_after_the_final_dot_is_ambiguous(relay: Relay, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.3

    error = outcome_of_sending(relay, DATA=SAY_NOTHING)

    assert isinstance(error, Ambiguous)


def test_no_error_names_the_recipient(relay: Relay) -> None:
    refused = outcome_of_sending(relay, RCPT=ANSWER.format("550 5.1.1"))

    assert "jm@example.org" not in str(refused)
    assert refused.__cause__ is None
    assert refused.__suppress_context__


def test_a_relay_that_is_not_there_defers_the_mail(relay: Relay, settings: Any) -> None:
    settings.EMAIL_PORT = free_port()

    with pytest.raises(MailDeferred, match="ConnectionRefusedError"), get_connection():
        pass


def test_a_relay_that_never_greets_defers_the_mail(relay: Relay, settings: Any) -> None:
    settings.EMAIL_TIMEOUT = 0.2
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_PORT = silent.getsockname()[1]

        with pytest.raises(MailDeferred), get_connection():
            pass


def test_a_session_that_ends_without_a_good_bye_fails_nothing(relay: Relay) -> None:
    with SmtpBackend() as mail:
        mail.send_messages([email()])
        assert mail.connection is not None
        assert mail.connection.sock is not None
        mail.connection.sock.shutdown(socket.SHUT_RDWR)

    assert relay.recipients == ["jm@example.org"]
