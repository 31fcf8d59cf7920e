"""The parts of a broker's URL that mean the same whatever the broker, and their refusals."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

FILES = {"ssl_ca_certs": "ca_file", "ssl_certfile": "cert_file", "ssl_keyfile": "key_file"}
VERIFIED = {"ssl_cert_reqs": {"required", "cert_required"}, "ssl_check_hostname": {"true", "1"}}
"""Options that are accepted with these values only: certificates are always verified."""


class BadAddress(ValueError):
    """The address cannot be used. The message contains no password.

    It continues a sentence that begins with the setting's name.
    """


@dataclass(frozen=True, kw_only=True)
class Login:
    """Who one is to the broker, and how its certificate is verified if it is reached by TLS.

    With TLS the server's certificate and its name are always verified, against `ca_file` or the
    machine's authorities.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    def login(self) -> str:
        """What stands before the host in a URL."""
        login = ":".join(quote(part, safe="") for part in (self.username, self.password))
        return f"{login}@" if login != ":" else ""

    def files(self) -> dict[str, str]:
        """The files of TLS that are set, by their names in a URL."""
        files = {option: getattr(self, name) for option, name in FILES.items()}
        return {option: file for option, file in files.items() if file}


def split(url: str, example: str) -> tuple[SplitResult, dict[str, str]]:
    """The parts of a URL and the options after its question mark.

    Raises:
        BadAddress: it cannot be read.
    """
    try:
        parts = urlsplit(url)
        options = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
    except ValueError:
        raise unreadable(example) from None
    if parts.fragment:
        raise BadAddress("holds a #; write it as %23.")
    return parts, options


def server(
    parts: SplitResult, example: str, *, host: str, port: int, password: str
) -> dict[str, Any]:
    """Host, port, user and password of a URL, percent-decoded; what it has not is as given.

    Raises:
        BadAddress: the port is no number.
    """
    try:
        found = parts.port or port
    except ValueError:
        raise unreadable(example) from None
    return {
        "host": unquote(parts.hostname or "") or host,
        "port": found,
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or "") or password,
    }


def unreadable(example: str) -> BadAddress:
    return BadAddress(
        f"cannot be read; write it like {example}, special characters of a password as %XX."
    )


def host_of(host: str) -> str:
    """As it is written in a URL."""
    return f"[{host}]" if ":" in host else quote(host, safe="")


def query(options: dict[str, str]) -> str:
    """Options as they are written at the end of a URL."""
    return f"?{urlencode(options)}" if options else ""


def take_files(options: dict[str, str], *, tls: bool) -> dict[str, Any]:
    """Take the options of TLS out of these; returns the files by the names of `Login`.

    Raises:
        BadAddress: one of them cannot be used.
    """
    found: dict[str, str] = {}
    for name in [name for name in options if tls and name in {*FILES, *VERIFIED}]:
        value = options.pop(name)
        if name in FILES:
            if not value.startswith("/"):
                raise BadAddress(f"has {name}={value}; write the file's absolute path, from / on.")
            found[FILES[name]] = value
        elif value.lower() not in VERIFIED[name]:
            raise BadAddress(
                f"has {name}={value}; certificates are always verified. Leave it out, and name an "
                "authority of your own with ?ssl_ca_certs=/path/to/ca.pem."
            )
    return found


def refuse_others(options: dict[str, str], *known: str, tls: bool = False) -> None:
    """Refuse an option that is left.

    Raises:
        BadAddress: there is one.
    """
    names = ", ".join((*known, *(FILES if tls else ()), *(VERIFIED if tls else ())))
    for name in options:
        raise BadAddress(f"has the option {name}, which is not supported; supported are {names}.")
