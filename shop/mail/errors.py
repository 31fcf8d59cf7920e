"""What can be said for certain of a mail that did not leave."""


class MailDeferred(Exception):
    """It was not taken now; it may be later. The text names no address."""


class MailRefused(Exception):
    """It will never be taken as it is. The text names no address."""
