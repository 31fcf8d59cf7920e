"""The mail provider: keeps every mail it gets, and is as ill as a fault wants."""

import asyncio
import email
import random
import threading
import time
from dataclasses import dataclass
from email.policy import default
from hashlib import sha256
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

REFUSED = "refused-"
"""Who has an address that begins like this is unknown to the provider: 550, for ever."""


@dataclass(frozen=True)
class Mail:
    """What lies in a customer's mailbox. `doubtful`: the shop was never told that it was taken."""

    message_id: str
    to: str
    subject: str
    attachments: tuple[str, ...]
    """The SHA-256 of each."""
    at: float
    doubtful: bool


class Mailbox:
    """An SMTP server. `illness` is one of `ILLNESSES` or empty; `share` how often it shows."""

    ILLNESSES = ("421", "450", "451", "drop before DATA", "drop after the dot", "late", "flapping")

    def __init__(self) -> None:
        self.mails: list[Mail] = []
        self.illness = ""
        self.lateness = 90.0
        self.share = 1.0
        self._lock = threading.Lock()
        self._controller = _OnFreePort(_Hooks(self), hostname="127.0.0.1", port=0)
        self._controller.start()
        self.port: int = self._controller.port

    def stop(self) -> None:
        self._controller.stop()

    def is_ill(self) -> str:
        """How the next command is to go wrong, or an empty text."""
        return self.illness if random.random() < self.share else ""

    def keep(self, content: bytes, to: str, *, doubtful: bool) -> None:
        message = email.message_from_bytes(content, policy=default)
        attached = [part.get_payload(decode=True) for part in message.iter_attachments()]
        digests = tuple(sha256(one).hexdigest() for one in attached if isinstance(one, bytes))
        mail = Mail(
            str(message["Message-ID"]).strip(), to, str(message["Subject"] or ""), digests,
            time.time(), doubtful,
        )  # fmt: skip
        with self._lock:
            self.mails.append(mail)

    def kept(self) -> list[Mail]:
        with self._lock:
            return list(self.mails)


class _Hooks:
    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        illness = self.mailbox.is_ill()
        if illness == "421":
            return "421 too many connections, come back later"
        if illness == "450" or (illness == "flapping" and random.random() < 0.5):
            return "450 try again later"
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith(REFUSED):
            return f"550 no such user {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        illness, mailbox = self.mailbox.is_ill(), self.mailbox
        content = envelope.original_content or b""
        if illness == "451":
            return "451 greylisted, try again"
        if illness == "drop after the dot":
            mailbox.keep(content, envelope.rcpt_tos[0], doubtful=True)
            server.transport.abort()
            return "250 this is never read"
        if illness == "late":
            mailbox.keep(content, envelope.rcpt_tos[0], doubtful=True)
            await asyncio.sleep(mailbox.lateness)
            return "250 OK, at last"
        mailbox.keep(content, envelope.rcpt_tos[0], doubtful=False)
        return "250 OK"


class _Protocol(SMTP):
    """Can hang up between the envelope and the mail."""

    async def smtp_DATA(self, arg: str) -> Any:
        if self.event_handler.mailbox.is_ill() == "drop before DATA":
            self.transport.abort()
            return None
        return await super().smtp_DATA(arg)


class _OnFreePort(Controller):
    def factory(self) -> SMTP:
        return _Protocol(self.handler, enable_SMTPUTF8=True)

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()
