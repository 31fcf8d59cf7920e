"""Django's mail settings from EMAIL_URL, and the shop's own mailboxes."""

from email.headerregistry import Address
from email.policy import EmailPolicy
from typing import Any
from urllib.parse import unquote, urlsplit

import idna
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import validate_email

FOLDER, SMTP = "shop.mail.folder.FolderBackend", "shop.mail.smtp.SmtpBackend"
TLS, SSL = {"EMAIL_USE_TLS": True}, {"EMAIL_USE_SSL": True}
SCHEMES: dict[str, tuple[int, dict[str, Any]]] = {
    "smtp": (25, {}),
    "smtp+tls": (587, TLS),
    # Implicit TLS (RFC 8314), under both names that are in use.
    "smtps": (465, SSL),
    "smtp+ssl": (465, SSL),
}
FILES = "files"
"""Value of EMAIL_URL with which mail is written to files and not sent."""

EXAMPLE = "smtps://user:password@host:465 (TLS), smtp+tls:// (STARTTLS) or smtp:// (neither)"


def mail_server(url: str) -> dict[str, Any]:
    """Django's EMAIL_ settings for a mail server; for files in EMAIL_FILE_PATH if there is none.

    Raises:
        ImproperlyConfigured: the URL cannot be read, or names no mail server.
    """
    if url in ("", FILES):
        return {"EMAIL_BACKEND": FOLDER}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _refusal("cannot be read") from None
    if parts.scheme not in SCHEMES or not parts.hostname:
        raise _refusal("names no mail server")
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise _refusal("has a path or options after the host")
    usual, security = SCHEMES[parts.scheme]
    return {
        "EMAIL_BACKEND": SMTP,
        "EMAIL_HOST": unquote(parts.hostname),
        "EMAIL_PORT": port or usual,
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        **security,
    }


def _refusal(what: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(
        f"EMAIL_URL {what}; write it like {EXAMPLE}, with %XX for special characters, or set it "
        f"to {FILES} to have mail written to VAR_DIR/mail and not sent."
    )


def mailbox(setting: str, text: str) -> str:
    """One mailbox, such as `The Shop, Inc. <shop@example.com>`; the text before the < is its name.

    Returns it as in a header, quoted where needed, but with the name not encoded.

    Raises:
        ImproperlyConfigured: the address is not valid.
    """
    name, bracket, rest = text.rpartition("<")
    address = rest.removesuffix(">").strip() if bracket and rest.endswith(">") else text
    name = name.strip() if address != text else ""
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = name[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if "<" in name or ">" in name:
        raise ImproperlyConfigured(_not_one(setting, text))
    return str(Address(name, addr_spec=mail_address(setting, address)))


def mailboxes(setting: str, text: str) -> list[str]:
    """Mailboxes separated by commas; a name with a comma is in quotes.

    Raises:
        ImproperlyConfigured: one of the addresses is not valid.
    """
    header = EmailPolicy(utf8=True).header_factory("To", text)
    if header.defects:
        raise ImproperlyConfigured(_not_one(setting, text))
    return [
        str(Address(one.display_name, addr_spec=mail_address(setting, one.addr_spec)))
        for one in header.addresses
    ]


def mail_address(setting: str, text: str) -> str:
    """An address without a name, its domain in ASCII (IDNA 2008).

    Raises:
        ImproperlyConfigured: the address is not valid.
    """
    local, _, domain = text.strip().rpartition("@")
    try:
        plain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
        validate_email(f"{local}@{plain}")
    except (ValidationError, idna.IDNAError, UnicodeError):
        raise ImproperlyConfigured(_not_one(setting, text)) from None
    return f"{local}@{plain}"


def _not_one(setting: str, text: str) -> str:
    return (
        f"{setting} is {text!r}, which holds no valid e-mail address; write it like "
        "shop@example.com or The Shop <shop@example.com>."
    )
