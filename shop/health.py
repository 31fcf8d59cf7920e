"""Whether this process is up, and whether it can serve."""

import threading
import time
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bus import attention, keys
from bus.selectors import broker_state


class _Shared:
    """One look at a time, whose answer is for all who asked before it began.

    Anybody may ask, in any number, and no limit on requests holds for probes.
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
    """200 while the process answers at all; it asks nobody else."""
    return JsonResponse({"status": "up"})


@never_cache
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 -- a view takes one
    """200 when the database answers and is migrated, else 503.

    The broker is reported from the relay's heartbeat and never fails this: a checkout needs none.
    What a relay said that has been silent since is not repeated; `relay_seconds_ago` is the age of
    its last sign, and `needs_a_person` counts by kind what the admin's first page lists. `shop`
    tells one shop from another one. Only states and counts are told, no addresses, names and
    errors' texts: this page is public.
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
    word = {True: "ok", False: "unreachable", None: "unknown"}[broker.ok]
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
