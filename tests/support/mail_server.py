"""A mail server for tests: it keeps what it gets, and fails where a test tells it to."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

HANG_UP = "hang up"
SAY_NOTHING = "say nothing"


class MailServer:
    """An SMTP server's hooks. `script` gives the answers to come, for each command, in order."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.recipients: list[str] = []
        self.sessions = 0
        self.script: dict[str, list[str | None]] = {}

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, answers: list[str]
    ) -> list[str]:
        self.sessions += 1
        session.host_name = hostname
        return answers

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        return self.answer("MAIL", server)

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answer("RCPT", server)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        answer = self.answer("DATA", server)
        if answer == SAY_NOTHING:
            await asyncio.sleep(0.5)
        if answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        return answer

    def answer(self, command: str, server: SMTP) -> str:
        answer = (self.script.get(command) or [None]).pop(0) or "250 OK"
        if answer == HANG_UP:
            server.transport.abort()
        return answer


class Protocol(SMTP):
    """Can hang up before it says 354, too."""

    async def smtp_DATA(self, arg: str) -> None:
        if self.event_handler.answer("354", self) != HANG_UP:
            await super().smtp_DATA(arg)


class OnFreePort(Controller):
    """Listens on a port of the system's choice. `options` are those of `SMTP`, such as its TLS."""

    options: dict[str, Any] = {}

    def factory(self) -> SMTP:
        return Protocol(self.handler, **self.options)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def listening(**options: Any) -> Iterator[tuple[MailServer, int]]:
    """A mail server and the port on which it listens."""
    handler = MailServer()
    controller = OnFreePort(handler, hostname="127.0.0.1", port=0)
    controller.options = options
    controller.start()
    try:
        yield handler, controller.port
    finally:
        controller.stop()
