"""Locks: one supervisor for each VAR_DIR, and no `make clean` under a running shop.

Imports nothing but the standard library: the Makefile uses it before packages are installed.
"""

import fcntl
import os
from pathlib import Path

NAME = "supervisor.pid"
USED = "manage.py"


def take_lock(run_dir: Path) -> int | None:
    """Lock the folder and write this process's id there; None if another process holds the lock.

    Returns an open file: the lock lasts until that is closed or the process ends.
    """
    run_dir.mkdir(parents=True, exist_ok=True)
    file = os.open(run_dir / NAME, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    os.ftruncate(file, 0)
    os.write(file, f"{os.getpid()}\n".encode())
    return file


def use_checkout(project: Path) -> int:
    """Mark the folder as in use by a running shop, whatever its VAR_DIR; `make clean` refuses then.

    Returns an open file: the mark lasts until that is closed or the process ends.
    """
    file = os.open(project / USED, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def checkout_in_use(project: Path) -> bool:
    """Whether a shop runs from this folder now."""
    with (project / USED).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def running_supervisor(run_dir: Path) -> int | None:
    """The id of the supervisor that runs now; 0 if it cannot be read, None if there is none."""
    try:
        with (run_dir / NAME).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        text = (run_dir / NAME).read_text().strip()
        return int(text) if text.isdigit() else 0
    return None
