"""Errors for a mail that was certainly not sent."""


class MailDeferred(Exception):
    """The mail was not accepted; a later try may succeed. The text contains no address."""


class MailRefused(Exception):
    """The mail was refused; a retry would be refused again. The text contains no address."""
