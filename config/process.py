"""What the shop changes for its whole process: each change is one function here.

Settings, the environment and libraries are changed nowhere else when a module is imported. Only
`config/settings.py`, `config/apps.py`, `config/celery.py` and `config/asgi.py` call these
functions: Django, Celery and uvicorn offer no other moment before their own work begins.
"""

import gc
import os
import sys
import warnings
from collections.abc import Mapping
from typing import Any

YOUNG, MIDDLE, OLD = 10_000, 20, 20
"""Thresholds of the garbage collector's three generations.

A request or a message makes some thousands of objects, nearly all freed by reference counts. With
Python's own threshold of 700 they would be scanned many times before that.
"""


def hand_to_libraries(variables: Mapping[str, str]) -> None:
    """Put variables of the settings file that are no settings of the shop into the environment.

    Libraries read theirs there alone, such as SSL_CERT_FILE. What is set there already wins.
    """
    for name, value in variables.items():
        os.environ.setdefault(name, value)


def keep_files_private() -> None:
    """Let only the shop's own user read what it writes: orders, documents, mail, passwords."""
    os.umask(0o077)


def leave_out_httpx_command() -> None:
    """Let `import httpx` pass over its command line program.

    Where rich is installed, as for `manage.py top`, httpx would import it with that program: 6 MB
    and a tenth of a second in each process. None in `sys.modules` is a module that is not there
    (Python's reference, *The module cache*).
    """
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]  # typeshed has no None


def skip_checks_in_celery() -> None:
    """Do not run Django's checks in Celery's programs: they would load every page of the admin.

    The shop's workers and beat run the checks that concern them (`config/worker.py`).
    """
    os.environ.setdefault("CELERY_SKIP_CHECKS", "yes")


def pool_connections(database: dict[str, Any]) -> None:
    """Change an entry of DATABASES to suit a web server, whose requests each have a new thread.

    A connection cannot be kept with its thread: PostgreSQL's come from a pool, SQLite's are opened
    for each request.
    """
    database["CONN_MAX_AGE"] = 0
    if database["ENGINE"].endswith("postgresql"):
        database["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 20, "timeout": 10}


def allow_synchronous_files() -> None:
    """Silence Django's warning about static files, which are small, as synchronous streams."""
    warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")


def collect_less_garbage() -> None:
    """Exempt what is imported by now from garbage collection, and scan the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, MIDDLE, OLD)
