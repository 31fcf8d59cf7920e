"""The probes: whether this process is up, and whether it can serve."""

import threading
import time
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bus import conf
from bus.audit import attention
from bus.broker import keys
from bus.selectors import broker_state


class _Shared:
    """One check at a time; its result is for all requests that came before it began.

    The probes are public and have no rate limit, so their cost must not grow with their number.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = 0.0
        self._found: tuple[bool, dict[str, Any]] = (False, {})

    def look(self) -> tuple[bool, dict[str, Any]]:
        asked = time.monotonic()
        with self._lock:
            if self._began <= asked:
                began = time.monotonic()
                self._found = _look()
                self._began = began
            return self._found


_shared = _Shared()


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 -- a view takes one
    """200 while the process responds; uses no other service."""
    return JsonResponse({"status": "up"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 -- a view takes one
    """200 when the database answers and is migrated, else 503.

    The broker's state is that of the relay's last heartbeat and does not matter: a checkout needs
    no broker. It is unknown if the relay is silent; `relay_seconds_ago` is the heartbeat's age.
    `needs_a_person` counts by kind what the admin's index lists. `shop` identifies the shop. This
    page is public: states and counts only, no addresses, names or error texts.
    """
    ready, parts = _shared.look()
    body = {"status": "ready" if ready else "not ready", **parts}
    return JsonResponse(body, status=200 if ready else 503)


def _look() -> tuple[bool, dict[str, Any]]:
    try:
        migrated = _migrated()
    except DatabaseError:
        return False, {"database": "unreachable", "migrations": "unknown"}
    if not migrated:
        return False, {"database": "ok", "migrations": "missing"}
    try:
        broker, needs_a_person = broker_state(), attention.counts()
        shop = keys.fingerprint()
    except DatabaseError:
        return False, {"database": "unreachable", "migrations": "unknown"}
    there = "ok" if conf.has_broker() else "none"
    word = {True: there, False: "unreachable", None: "unknown"}[broker.ok]
    return (
        True,
        {
            "shop": shop,
            "database": "ok",
            "migrations": "applied",
            "broker": word,
            "relay": "silent" if broker.silent else "at work",
            "relay_seconds_ago": None if broker.age is None else int(broker.age.total_seconds()),
            "needs_a_person": needs_a_person,
        },
    )


def _migrated() -> bool:
    loader = MigrationExecutor(connection).loader
    return set(loader.graph.nodes) <= set(loader.applied_migrations)
