"""How a mail leaves the shop: over SMTP, or into a folder on a laptop."""

from notifications.backends.errors import MailDeferred, MailRefused
from notifications.backends.folder import FolderBackend
from notifications.backends.smtp import SmtpBackend

__all__ = ["FolderBackend", "MailDeferred", "MailRefused", "SmtpBackend"]
