"""Sending mails: over SMTP, or into a folder on a development machine."""

from shop.mail.address import Unmailable, mailable, mailbox, rewritten
from shop.mail.errors import MailDeferred, MailRefused
from shop.mail.folder import FolderBackend
from shop.mail.identity import message_id, sender
from shop.mail.smtp import SmtpBackend

__all__ = [
    "FolderBackend",
    "MailDeferred",
    "MailRefused",
    "SmtpBackend",
    "Unmailable",
    "mailable",
    "mailbox",
    "message_id",
    "rewritten",
    "sender",
]
