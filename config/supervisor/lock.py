"""Only one supervisor may run the shop of one `VAR_DIR`."""

import fcntl
import os
from pathlib import Path

NAME = "supervisor.pid"


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
