"""Checks of this machine: Python, the folder for the shop's files, and the two ports."""

import errno
import http.client
import json
import os
import socket
import sys

from django.conf import settings
from django.db import Error

from bus.broker import keys
from config.checks.check import Check
from config.local.lock import running_supervisor

OLDEST, TOO_NEW = (3, 11), (3, 14)
ANSWER_WITHIN = 3
"""Seconds for a program that listens on a port of ours to answer."""


def check_python() -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    why = "the shop is tested on 3.11 to 3.13"
    fits = OLDEST <= sys.version_info[:2] < TOO_NEW
    return Check("Python", version, why, "" if fits else "Install Python 3.11, 3.12 or 3.13.")


def check_folder() -> Check:
    """VAR_DIR exists or can be created, and is writable."""
    folder = settings.VAR_DIR
    why = "it holds the database, mail, documents and Redis' files"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        fix = "Set VAR_DIR to a writable folder."
        return Check("VAR_DIR", f"{folder}: {error.strerror}", why, fix)
    if not os.access(folder, os.W_OK | os.X_OK):
        fix = "Set VAR_DIR to a writable folder."
        return Check("VAR_DIR", f"{folder} is not writable", why, fix)
    return Check("VAR_DIR", str(folder), why)


def check_port(setting: str, *, may_run: bool = False) -> Check:
    """The port of the loopback interface that a setting names is free.

    With `may_run` this shop's own process may listen there: one that was started by hand, as a
    service or in a container has no supervisor whose lock would show it.
    """
    port = getattr(settings, setting)
    why = {"PORT": "the shop's pages and API", "FLOWER_PORT": "Flower, the monitor"}[setting]
    fix = f"Set {setting} to a free port, for example {setting}={_suggestion(port)}."
    if setting == "FLOWER_PORT" and port == settings.PORT:
        return Check(setting, f"{port} is PORT, too", why, fix)
    if running_supervisor(settings.VAR_DIR / "run") is not None:
        return Check(setting, f"{port}: the shop runs already", why)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            busy = error.errno == errno.EADDRINUSE
            if busy and may_run and _is_ours(setting, port):
                return Check(setting, f"{port}: the shop runs already", why)
            state = "is in use by another program" if busy else str(error.strerror).lower()
            return Check(setting, f"port {port} {state}", why, fix)
    return Check(setting, f"{port} is free", why)


def _is_ours(setting: str, port: int) -> bool:
    """Whether this shop's web server, or a Flower, answers on that port."""
    if setting == "FLOWER_PORT":
        return _answer(port, "/healthcheck") == b"OK"
    try:
        told = json.loads(_answer(port, "/readyz"))
        return isinstance(told, dict) and told.get("shop") == keys.fingerprint()
    except (ValueError, Error):
        return False


def _answer(port: int, path: str) -> bytes:
    """The body of the answer; empty if nothing speaks HTTP there."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", path)
        return connection.getresponse().read(10_000)
    except (OSError, http.client.HTTPException):
        return b""
    finally:
        connection.close()


def _suggestion(port: int) -> int:
    """A free port, close to the wanted one if possible."""
    for candidate in (port + 1, port + 2, port + 10, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", candidate))
            except (OSError, OverflowError):
                continue
            return int(probe.getsockname()[1])
    return port
