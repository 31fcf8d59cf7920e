"""Customers get their mails."""

from urllib.parse import urlsplit

from django.conf import settings

from config.checks.check import Check
from config.mail import FILES


def check_mail_server() -> Check:
    """Without DEBUG, mail goes to files only where EMAIL_URL says so."""
    what, why = "EMAIL_URL", "confirmations and invoices are mailed"
    if settings.EMAIL_URL == FILES or (settings.DEBUG and not settings.EMAIL_URL):
        return Check(what, "none: mail is written to VAR_DIR/mail and not sent", why)
    if not settings.EMAIL_URL:
        state = "is empty, and no customer would get a mail"
        fix = f"Set it like smtps://user:password@host:465, or to {FILES}: mail in VAR_DIR/mail."
        return Check(what, state, why, fix)
    return Check(what, f"the mail server {urlsplit(settings.EMAIL_URL).hostname}", why)
