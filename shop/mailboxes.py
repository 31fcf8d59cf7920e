"""Mailboxes: which spellings of an e-mail address are the same one."""

GMAIL = ("gmail.com", "googlemail.com")
"""One provider under two names, which ignores dots before the @."""


def mailbox(email: str) -> str:
    """One key for all spellings of an address that are delivered to the same mailbox."""
    name, _, domain = email.casefold().rpartition("@")
    name = name.partition("+")[0] or name
    if domain in GMAIL:
        name, domain = name.replace(".", ""), GMAIL[0]
    return f"{name}@{domain}"
