"""Django's DATABASES, from DATABASE_URL or from the DATABASE_ settings that are its parts."""

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from bus.store.limits import LIMITS

EXAMPLES = "postgres://user:password@host:5432/name or sqlite:///path/to/file"
LARGEST_PORT = 65_535

Database = dict[str, Any]


def database(
    url: str, parts: dict[str, Any], *, var_dir: Path, folder: Path, pooler: bool
) -> Database:
    """The database of `url`; else the PostgreSQL of `parts`; else SQLite in `var_dir`.

    `parts` has Django's keys HOST, PORT, NAME, USER and PASSWORD; its password is used if the URL
    has none. A relative path starts at `folder`.

    Raises:
        ImproperlyConfigured: the URL cannot be read, or does not go with DATABASE_POOLER.
    """
    if url:
        found = _read(url, folder)
        found["PASSWORD"] = found.get("PASSWORD") or parts["PASSWORD"]
    elif parts["HOST"]:
        found = {"ENGINE": "shop.postgresql", **parts, "OPTIONS": {}}
    else:
        found = {"ENGINE": "shop.sqlite3", "NAME": str(var_dir / "shop.sqlite3")}
    # Options of the URL, such as ?sslmode=require, win over the defaults below.
    asked = found.pop("OPTIONS", {})
    if found["ENGINE"].endswith("sqlite3"):
        if pooler:
            raise ImproperlyConfigured(
                "DATABASE_POOLER is 1, and SQLite has no pooler; set it to 0."
            )
        return found | {"OPTIONS": _sqlite_options() | asked, "CONN_MAX_AGE": None}
    options = _postgres_options(pooler=pooler) | asked
    if not pooler:
        # Of two values for one parameter, PostgreSQL uses the later one.
        limits = " ".join(f"-c {name}={value}" for name, value in LIMITS.items())
        options["options"] = " ".join(filter(None, (limits, asked.get("options"))))
    return found | {
        "OPTIONS": options,
        "CONN_HEALTH_CHECKS": True,
        # Workers and the relay keep their connection; for the web server see config/asgi.py.
        "CONN_MAX_AGE": None,
        # A server-side cursor lives in one session, which a pooler may give to another client.
        "DISABLE_SERVER_SIDE_CURSORS": pooler,
    }


def _sqlite_options() -> Database:
    # Without IMMEDIATE, a transaction that reads before it writes fails at once, in spite of the
    # time-out, if another process has written in between.
    return {
        "timeout": 20,
        "transaction_mode": "IMMEDIATE",
        # FULL, because with WAL and NORMAL a power cut loses the last commits.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
    }


def _postgres_options(*, pooler: bool) -> Database:
    return {
        # A statement is prepared after five runs in a connection. Behind a pooler the next run
        # may use another session, which has not prepared it.
        "server_side_binding": True,
        "prepare_threshold": None if pooler else 5,
        # A server that vanishes is noticed within 25 s; with the defaults Linux takes hours.
        "connect_timeout": 5,
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 25_000,
    }


def _read(url: str, folder: Path) -> Database:
    scheme, _, rest = url.partition("://")
    if scheme not in ("postgres", "postgresql", "sqlite") or not rest:
        raise _refusal("names neither PostgreSQL nor SQLite", f"write it like {EXAMPLES}")
    try:
        parts = urlsplit(url)
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True)
        login, _, place = parts.netloc.rpartition("@")
        port = parts.port
    except ValueError:
        raise _refusal(
            "cannot be read",
            f"write it like {EXAMPLES}, with %XX for special characters, or set DATABASE_PASSWORD",
        ) from None
    if parts.fragment or url.endswith("#"):
        raise _refusal("holds a #", "write it as %23, or a password in DATABASE_PASSWORD")
    options = {name: _cast(value) for name, value in pairs}
    if scheme == "sqlite":
        return _sqlite(parts.netloc, unquote(parts.path), folder) | {"OPTIONS": options}
    name = unquote(parts.path.removeprefix("/"))
    if not name and "service" not in options:
        raise _refusal("names no database", f"write it like {EXAMPLES}")
    user, _, password = login.partition(":")
    return {
        "ENGINE": "shop.postgresql",
        "NAME": name,
        "USER": unquote(user),
        "PASSWORD": unquote(password),
        # Not parts.hostname, which is in lower case: %2Frun%2FMy is the folder of a socket.
        "HOST": unquote(_without_port(place, port)).strip("[]"),
        "PORT": port or "",
        "OPTIONS": options,
    }


def _sqlite(host: str, path: str, folder: Path) -> Database:
    name = path.removeprefix("/")
    if host or not name or ":memory:" in name:
        raise _refusal(
            "names no file that processes can share",
            "write sqlite:///file for a file in the project's folder, or sqlite:////path/to/file",
        )
    return {"ENGINE": "shop.sqlite3", "NAME": str(folder / name)}


def _without_port(place: str, port: int | None) -> str:
    return place if port is None else place.rpartition(":")[0]


def _cast(value: str) -> bool | int | str:
    if value.lower() in ("true", "false"):
        return value.lower() == "true"
    return int(value) if value.isascii() and value.isdigit() else value


def _refusal(what: str, way_out: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"DATABASE_URL {what}; {way_out}.")
