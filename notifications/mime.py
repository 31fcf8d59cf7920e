"""A mail in its envelope: headers, both bodies and the attached document."""

from email.message import Message
from email.policy import Compat32

from django.core.mail import EmailMultiAlternatives

from notifications.messages import Mail
from shop import documents
from shop.mail import MailRefused, Unmailable, mailbox, message_id, sender

LONGEST_MARK = 70
"""Characters of the line between two parts (RFC 2046, 5.1.1)."""


class OneLine(Compat32):
    """Headers in one line each: some programs lose a Message-ID in a second one."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if isinstance(value, str) and value.isascii() and value.isprintable():
            # As the library writes it, in fewer steps.
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


ONE_LINE = OneLine(max_line_length=None)


class Letter(EmailMultiAlternatives):
    """A mail whose parts are kept apart by marks made of its Message-ID.

    So every try is the same mail.
    """

    def message(self) -> Message:
        written = super().message()
        mark = self.extra_headers["Message-ID"].strip("<>").partition("@")[0]
        for depth, part in enumerate(part for part in written.walk() if part.is_multipart()):
            # Named here, since the library would look for a mark that no part contains.
            part.set_boundary(f"={depth}_{mark}"[:LONGEST_MARK])
        written.policy = ONE_LINE
        return written


def letter(mail: Mail, key: str) -> Letter:
    """The mail ready to be sent.

    Raises:
        MailRefused: no mail can be sent to the customer's address.
        shop.documents.DocumentUnavailable: its document cannot be read.
        shop.documents.DocumentAltered: its document is not the one that was issued.
    """
    email = Letter(
        subject=mail.subject,
        body=mail.text,
        from_email=sender(),
        to=[_recipient(mail)],
        # RFC 3834: no out-of-office note should answer, and no other robot.
        headers={"Message-ID": message_id(key), "Auto-Submitted": "auto-generated"},
    )
    email.attach_alternative(mail.html, "text/html")
    if mail.document:
        content = documents.read(mail.document)
        email.attach(mail.document.file_name, content, "application/pdf")
    return email


def _recipient(mail: Mail) -> str:
    try:
        return mailbox("", mail.customer.email)
    except Unmailable as error:
        raise MailRefused(f"The mail cannot be sent: {error}") from None
