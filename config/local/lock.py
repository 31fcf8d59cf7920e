"""Only one supervisor may run the shop of one `VAR_DIR`, and none may lose its code meanwhile.

The Makefile uses this without the shop's packages.
"""

import fcntl
import os
from pathlib import Path

NAME = "supervisor.pid"
USED = "manage.py"


def take_lock(run_dir: Path) -> int | None:
    """Lock the folder for this process and leave its id there; None if another one has it.

    Returns an open file: the lock lasts until it is closed or the process ends.
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
    """Say that a shop runs from this folder, whatever its VAR_DIR, so that `make clean` waits.

    Returns an open file: it is said until that is closed or the process ends.
    """
    file = os.open(project / USED, os.O_RDONLY)
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def checkout_in_use(project: Path) -> bool:
    """Whether a shop runs from this folder just now."""
    with (project / USED).open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def running_supervisor(run_dir: Path) -> int | None:
    """The id of the process that runs the shop just now, if one does."""
    try:
        with (run_dir / NAME).open() as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return None
    except BlockingIOError:
        text = (run_dir / NAME).read_text().strip()
        return int(text) if text.isdigit() else 0
    return None
