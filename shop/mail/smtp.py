"""An SMTP backend that distinguishes mails that were not sent from ambiguous ones."""

import smtplib
from contextlib import suppress

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from bus import Ambiguous, spans
from bus.spans import Kind
from shop.mail.errors import MailDeferred, MailRefused

START_MAIL_INPUT = 354
AUTHENTICATION_REQUIRED = 530
NO_ANSWER_CODE = -1


class _Watched:
    """`in_doubt` while a message may be accepted: from the 354 to the reply to its final dot.

    A server must not accept a message before that dot (RFC 5321, 4.1.1.4); without the reply to it
    the client cannot determine whether it did (RFC 1047).
    """

    in_doubt = False

    def getreply(self) -> tuple[int, bytes]:
        code, text = super().getreply()  # type: ignore[misc]  # untyped base
        if code != NO_ANSWER_CODE:
            self.in_doubt = code == START_MAIL_INPUT
        return code, text


class _Session(_Watched, smtplib.SMTP):
    pass


class _TlsSession(_Watched, smtplib.SMTP_SSL):
    pass


class SmtpBackend(EmailBackend):
    """Django's backend with three distinct errors; after each the next mail can be sent.

    Raises:
        MailDeferred: the mail server cannot be reached, or answered 4xx.
        MailRefused: the mail server answered 5xx to this mail.
        Ambiguous: the connection ended between the 354 and the answer to the final dot.
    """

    _partial_connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TlsSession if self.use_ssl else _Session

    def open(self) -> bool | None:
        """Connect, if not connected.

        Raises:
            MailDeferred: no mail is at fault. Also for a wrong password: mails wait until the
                setting is corrected.
        """
        try:
            return super().open()
        except OSError as error:  # smtplib's errors are OSErrors
            self._hang_up()
            raise MailDeferred(f"The mail server cannot be used: {_told(error)}") from None

    def close(self) -> None:
        """Send QUIT. Its failure is ignored: every mail has its reply already."""
        with suppress(OSError):
            super().close()

    def _send(self, email_message: EmailMessage) -> bool:
        try:
            with spans.span("smtp send", Kind.CLIENT, attributes={"server.address": self.host}):
                return bool(super()._send(email_message))  # type: ignore[misc]  # untyped base
        except Exception as error:
            in_doubt = getattr(self.connection, "in_doubt", False)
            # The session's state is unknown, so the next mail opens another.
            self._hang_up()
            if in_doubt:
                raise Ambiguous(
                    f"The mail server may have taken the mail: {_told(error)}"
                ) from None
            if isinstance(error, ValueError):  # the message was not even written
                raise
            if _is_refusal(error):
                raise MailRefused(f"The mail server refused the mail: {_told(error)}") from None
            raise MailDeferred(f"The mail server did not take the mail: {_told(error)}") from None

    def _hang_up(self) -> None:
        """Close without QUIT, which would wait for a reply."""
        for session in (self.connection, self._partial_connection):
            if session is not None:
                session.close()
        self.connection = self._partial_connection = None


def _is_refusal(error: Exception) -> bool:
    """Whether the server refuses this mail for good; errors of the session are transient."""
    code = _answer(error)[0]
    about_the_mail = not isinstance(error, smtplib.SMTPHeloError) and (
        code != AUTHENTICATION_REQUIRED
    )
    return 500 <= code < 600 and about_the_mail


def _answer(error: Exception) -> tuple[int, str]:
    """Code and text of the server's reply, without the addresses in smtplib's errors."""
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return NO_ANSWER_CODE, ""
    return code, text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _told(error: Exception) -> str:
    """The error's text, without the addresses that mail servers repeat in their replies."""
    code, text = _answer(error)
    if code == NO_ANSWER_CODE:
        return f"no answer ({type(error).__name__})."
    without = " ".join("[address]" if "@" in word else word for word in text.split())
    return f"it answered {code} {without}"[:400]
