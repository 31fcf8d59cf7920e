"""A mail as a MIME message: headers, both bodies and the attached document."""

from collections.abc import Mapping
from email.message import Message
from email.mime.image import MIMEImage
from email.mime.multipart import MIMEMultipart
from email.policy import Compat32

from django.core.mail import EmailMultiAlternatives

from notifications.messages import Mail
from shop import documents, qr
from shop.mail.address import Unmailable, mailbox
from shop.mail.errors import MailRefused
from shop.mail.identity import message_id, sender

LONGEST_BOUNDARY = 70
"""Characters of a boundary between two parts (RFC 2046, 5.1.1)."""


class OneLine(Compat32):
    """Headers in one line each: some mail programs lose a Message-ID that is folded."""

    def fold_binary(self, name: str, value: str) -> bytes:
        if isinstance(value, str) and value.isascii() and value.isprintable():
            # The same result as the library's, in fewer steps.
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


ONE_LINE = OneLine(max_line_length=None)


class Letter(EmailMultiAlternatives):
    """A mail whose boundaries are made from its Message-ID, so that every try has equal bytes."""

    pictures: Mapping[str, bytes] = {}
    """PNG files that the HTML shows, by the name in its `cid:`."""

    def message(self) -> Message:
        written = super().message()
        if self.pictures:
            self._add_pictures(written)
        name = self.extra_headers["Message-ID"].strip("<>").partition("@")[0]
        for depth, part in enumerate(part for part in written.walk() if part.is_multipart()):
            # Set here, since the library would search all parts for a boundary that none contains.
            part.set_boundary(f"={depth}_{name}"[:LONGEST_BOUNDARY])
        written.policy = ONE_LINE
        return written

    def _add_pictures(self, written: Message) -> None:
        """Put the HTML and its pictures into one part (RFC 2387): they are no attachments."""
        both = next(part for part in written.walk() if part.get_content_subtype() == "alternative")
        text, html = both.get_payload()
        related = MIMEMultipart("related", type="text/html")
        related.attach(html)
        for name, content in self.pictures.items():
            picture = MIMEImage(content, "png")
            picture.add_header("Content-ID", f"<{name}>")
            picture.add_header("Content-Disposition", "inline", filename=f"{name}.png")
            related.attach(picture)
        both.set_payload([text, related])


def letter(mail: Mail, key: str) -> Letter:
    """The mail as a MIME message, ready to be sent.

    Raises:
        MailRefused: the customer's address cannot be mailed.
        shop.documents.DocumentUnavailable: its document cannot be read.
        shop.documents.DocumentAltered: its document is not the one that was issued.
    """
    email = Letter(
        subject=mail.subject,
        body=mail.text,
        from_email=sender(),
        to=[_recipient(mail)],
        # RFC 3834: automatic responders must not answer it.
        headers={
            "Message-ID": message_id(key),
            "Auto-Submitted": "auto-generated",
            "Content-Language": mail.customer.language,
        },
    )
    email.attach_alternative(mail.html, "text/html")
    if mail.girocode:
        email.pictures = {"girocode": qr.png(mail.girocode)}
    if mail.document:
        content = documents.read(mail.document)
        email.attach(mail.document.file_name, content, "application/pdf")
    return email


def _recipient(mail: Mail) -> str:
    try:
        return mailbox("", mail.customer.email)
    except Unmailable as error:
        raise MailRefused(f"The mail cannot be sent: {error}") from None
