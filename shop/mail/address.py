"""E-mail addresses: which can be mailed, and their form in headers and in SMTP.

Typed text is never copied into a header unchanged: mail programs and Python's parser decode
`=?utf-8?q?...?=` anywhere in it (RFC 2047).
"""

import re
from email.header import Header
from email.utils import parseaddr, quote

import idna
from email_validator import EmailNotValidError, validate_email

PRIVATE_DOMAINS = {"corp", "home", "internal", "lan", "localdomain"}
"""Top-level names of private networks, besides those of RFC 6761, which the library refuses."""

ENCODED_WORD = "=?"
ATOMS = re.compile(r"[A-Za-z0-9 !#$%&'*+/=?^_`{|}~-]*")
"""Names that need no quotation marks (RFC 5322, 3.2.3)."""


class Unmailable(ValueError):
    """No mail can be sent to this address. The text may repeat parts of it: do not log it."""


def mailable(address: str) -> str:
    """The normalized address: its domain in lower case and in Unicode (IDNA 2008).

    The part before the @ must be ASCII: only servers with SMTPUTF8 accept anything else, and a
    mail's route is unknown.

    Raises:
        Unmailable: a domain without a dot, of a private network or not valid in IDNA 2008, an IP
            address, quotation marks, an encoded word, or a part that is too long (RFC 5321).
    """
    if ENCODED_WORD in address.partition("@")[0]:
        raise Unmailable("The part before the @ cannot contain =?.")
    try:
        valid = validate_email(
            address, allow_smtputf8=False, check_deliverability=False, strict=True
        )
    except EmailNotValidError as error:
        raise Unmailable(str(error)) from error
    if valid.ascii_domain.rpartition(".")[2] in PRIVATE_DOMAINS:
        raise Unmailable("The part after the @ is a name in a private network.")
    return valid.normalized


def wire(address: str) -> str:
    """The address in ASCII for SMTP: `ada@straße.example` is `ada@xn--strae-oqa.example`.

    Raises:
        Unmailable: it cannot be written so. The text does not repeat it.
    """
    local, at, domain = address.rpartition("@")
    if not at or not local.isascii() or not address.isprintable() or ENCODED_WORD in local:
        raise Unmailable("The e-mail address cannot be written in ASCII.")
    if domain.isascii():
        return address
    try:
        return f"{local}@{idna.encode(domain, uts46=True).decode('ascii')}"
    except idna.IDNAError:
        raise Unmailable("The e-mail address has a domain that IDNA 2008 refuses.") from None


def mailbox(name: str, address: str) -> str:
    """A name and an address for a header, in ASCII and on one line.

    Raises:
        Unmailable: see `wire`.
    """
    name = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not name:
        return wire(address)
    if not name.isascii() or ENCODED_WORD in name:
        # An encoded word has at most 75 characters; a blank between two of them is not shown.
        name = " ".join(Header(name, "utf-8").encode().split())
    elif not ATOMS.fullmatch(name):
        name = f'"{quote(name)}"'
    return f"{name} <{wire(address)}>"


def rewritten(setting: str) -> str:
    """A setting like `The Shop <shop@straße.example>` as a header.

    Raises:
        Unmailable: see `wire`.
    """
    return mailbox(*parseaddr(setting))
