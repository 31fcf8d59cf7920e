"""The address of Redis: read once into its parts, and written as each library expects it."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

EXAMPLE = "redis://:password@host:6379/0"
TCP = {"redis": False, "rediss": True}
"""Schemes of a TCP address, and whether it uses TLS."""
UNIX = ("unix", "redis+socket")
NOT_SUPPORTED = {
    "sentinel": "Sentinel is not supported yet; name the Redis itself",
    "rediss+sentinel": "Sentinel is not supported yet; name the Redis itself",
    "redis+sentinel": "Sentinel is not supported yet; name the Redis itself",
}
FILES = {"ssl_ca_certs": "ca_file", "ssl_certfile": "cert_file", "ssl_keyfile": "key_file"}
VERIFIED = {"ssl_cert_reqs": {"required", "cert_required"}, "ssl_check_hostname": {"true", "1"}}
"""Options that are accepted with these values only: certificates are always verified."""
DATABASE_NUMBER = ("db", "virtual_host")


class BadAddress(ValueError):
    """The address cannot be used. The message contains no password.

    It continues a sentence that begins with the setting's name.
    """


@dataclass(frozen=True)
class RedisAddress:
    """The parts of `redis://`, `rediss://`, `unix://` and `redis+socket://` URLs, percent-decoded.

    With TLS the server's certificate and its name are always verified, against `ca_file` or the
    machine's authorities.
    """

    host: str = "localhost"
    port: int = 6379
    path: str = ""
    database: int = 0
    username: str = ""
    password: str = ""
    tls: bool = False
    ca_file: str = ""
    cert_file: str = ""
    key_file: str = ""

    @classmethod
    def read(cls, url: str, *, password: str = "") -> "RedisAddress":
        """The parts of a URL; `password` is used if the URL has none.

        Raises:
            BadAddress: it cannot be read, or has something that is not supported.
        """
        scheme = url.partition("://")[0].lower() if "://" in url else ""
        if scheme in NOT_SUPPORTED:
            raise BadAddress(f"begins with {scheme}://. {NOT_SUPPORTED[scheme]}, as in {EXAMPLE}.")
        if scheme not in {*TCP, *UNIX}:
            raise BadAddress(f"is not the address of a Redis; write it like {EXAMPLE}.")
        try:
            parts = urlsplit(url)
            asked = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True))
            found = cls(
                host=unquote(parts.hostname or "") or "localhost",
                port=parts.port or 6379,
                username=unquote(parts.username or ""),
                password=unquote(parts.password or "") or password,
                tls=TCP.get(scheme, False),
            )
        except ValueError:
            raise BadAddress(
                f"cannot be read; write it like {EXAMPLE}, special characters of a password as %XX."
            ) from None
        if parts.fragment:
            raise BadAddress("holds a #; write it as %23.")
        if scheme in UNIX:
            path = unquote(f"{parts.hostname or ''}{parts.path}")
            if not path.startswith("/"):
                raise BadAddress(f"names no socket; write it like {scheme}:///path/to/redis.sock.")
            found = replace(found, path=path)
        else:
            asked.setdefault("db", parts.path.strip("/") or "0")
        return replace(found, **_options(asked, tls=found.tls))

    def client_options(self) -> dict[str, Any]:
        """Arguments of `redis.Redis`."""
        return {
            **({"unix_socket_path": self.path} if self.path else self._tcp()),
            "db": self.database,
            "username": self.username or None,
            "password": self.password or None,
            **({"ssl": True, **self.tls_options()} if self.tls else {}),
        }

    def _tcp(self) -> dict[str, Any]:
        return {"host": self.host, "port": self.port}

    def tls_options(self) -> dict[str, Any]:
        """Celery's `broker_use_ssl`; empty without TLS.

        Without it kombu would not verify the certificate of a `rediss://` server.
        """
        if not self.tls:
            return {}
        files = {option: getattr(self, name) or None for option, name in FILES.items()}
        return {"ssl_cert_reqs": "required", "ssl_check_hostname": True, **files}

    def url(self) -> str:
        """The URL, as `read` accepts it."""
        files = {option: getattr(self, name) for option, name in FILES.items()}
        query = urlencode({option: file for option, file in files.items() if file})
        if self.path:
            return f"unix://{self._login()}{quote(self.path)}?db={self.database}"
        return self.kombu_url() + (f"?{query}" if query else "")

    def kombu_url(self) -> str:
        """Celery's `broker_url`; it needs `tls_options` beside it."""
        if self.path:
            return f"redis+socket://{self._login()}{quote(self.path)}?virtual_host={self.database}"
        host = f"[{self.host}]" if ":" in self.host else quote(self.host, safe="")
        return f"redis{'s' * self.tls}://{self._login()}{host}:{self.port}/{self.database}"

    def _login(self) -> str:
        login = ":".join(quote(part, safe="") for part in (self.username, self.password))
        return f"{login}@" if login != ":" else ""

    def __str__(self) -> str:
        """Without user and password, for messages."""
        return self.path or f"{self.host}:{self.port}"


def _options(asked: dict[str, str], *, tls: bool) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in asked.items():
        if name in DATABASE_NUMBER:
            if not value.isascii() or not value.isdigit():
                raise BadAddress("must end in the number of a database, as in /0.")
            found["database"] = int(value)
        elif tls and name in FILES:
            if not value.startswith("/"):
                raise BadAddress(f"has {name}={value}; write the file's absolute path, from / on.")
            found[FILES[name]] = value
        elif tls and name in VERIFIED:
            if value.lower() not in VERIFIED[name]:
                raise BadAddress(
                    f"has {name}={value}; certificates are always verified. Leave it out, and "
                    "name an authority of your own with ?ssl_ca_certs=/path/to/ca.pem."
                )
        else:
            known = ", ".join((*FILES, *VERIFIED)) if tls else DATABASE_NUMBER[0]
            raise BadAddress(
                f"has the option {name}, which is not supported; supported are {known}."
            )
    return found
