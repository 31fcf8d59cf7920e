"""SMTP that tells a mail that was not taken from one of which nobody can tell."""

import re
import smtplib
from contextlib import suppress

from django.core.mail import EmailMessage
from django.core.mail.backends.smtp import EmailBackend

from bus import Ambiguous
from shop.mail.errors import MailDeferred, MailRefused

START_MAIL_INPUT = 354
AUTHENTICATION_REQUIRED = 530
NO_ANSWER_CODE = -1

ADDRESS = re.compile(r"\S*@\S*")


class _Watched:
    """Knows when a message is on its way: from the 354 until the answer to its final dot.

    A server must not act on a message before that dot (RFC 5321, 4.1.1.4), and who does not hear
    the answer to it cannot know whether it did (RFC 1047).
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
    """Django's backend with three clear outcomes; after each of them the next mail can be sent.

    Raises:
        MailDeferred: the relay cannot be had, or answered 4xx.
        MailRefused: the relay answered 5xx.
        Ambiguous: the connection ended between the 354 and the answer to the final dot.
    """

    _partial_connection: smtplib.SMTP | None

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _TlsSession if self.use_ssl else _Session

    def open(self) -> bool | None:
        """Connect, if not connected. What fails here says nothing about any mail: it may heal.

        That holds for a wrong password too: the mails wait until somebody corrects the setting.
        """
        try:
            return super().open()
        except OSError as error:  # smtplib's errors are OSErrors
            self._hang_up()
            raise MailDeferred(f"The mail relay cannot be used: {_told(error)}") from None

    def close(self) -> None:
        """Say QUIT. A failure of that is nobody's: the answer to each mail is known already."""
        with suppress(OSError):
            super().close()

    def _send(self, email_message: EmailMessage) -> bool:
        try:
            return bool(super()._send(email_message))  # type: ignore[misc]  # untyped base
        except Exception as error:
            in_doubt = getattr(self.connection, "in_doubt", False)
            # A session in an unknown state is not worth mending: the next mail opens another.
            self._hang_up()
            if in_doubt:
                raise Ambiguous(f"The mail relay may have taken the mail: {_told(error)}") from None
            if isinstance(error, ValueError):  # it could not even be written
                raise
            if _is_refusal(error):
                raise MailRefused(f"The mail relay refused the mail: {_told(error)}") from None
            raise MailDeferred(f"The mail relay did not take the mail: {_told(error)}") from None

    def _hang_up(self) -> None:
        """Close without QUIT, which would wait for an answer once more."""
        for session in (self.connection, self._partial_connection):
            if session is not None:
                session.close()
        self.connection = self._partial_connection = None


def _is_refusal(error: Exception) -> bool:
    """Whether the relay will never take this mail; what is about the session may heal."""
    code = _answer(error)[0]
    about_the_mail = not isinstance(error, smtplib.SMTPHeloError) and (
        code != AUTHENTICATION_REQUIRED
    )
    return 500 <= code < 600 and about_the_mail


def _answer(error: Exception) -> tuple[int, str]:
    """Code and text of the relay's answer; the errors of smtplib hold addresses beside them."""
    text: bytes | str
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, text = next(iter(error.recipients.values()))
    elif isinstance(error, smtplib.SMTPResponseException):
        code, text = error.smtp_code, error.smtp_error
    else:
        return NO_ANSWER_CODE, ""
    return code, text.decode(errors="replace") if isinstance(text, bytes) else str(text)


def _told(error: Exception) -> str:
    """What happened, without the addresses that relays like to repeat in their answers."""
    code, text = _answer(error)
    if code == NO_ANSWER_CODE:
        return f"no answer ({type(error).__name__})."
    without = ADDRESS.sub("[address]", " ".join(text.split()))
    return f"it answered {code} {without}"[:400]
