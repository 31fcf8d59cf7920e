"""Files that are written whole, survive a power cut and never replace another file."""

import errno
import os
import re
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""Errors of file systems without hard links (exFAT, some network shares)."""

DRAFT = re.compile(r"\..+\.[0-9a-f]{16}\.part")
"""The name of a file that is being written. It is written within seconds, or never."""


def create(path: Path, content: bytes) -> bool:
    """Write a new file; its content is synced to the disk before it gets its name.

    Returns:
        False if `path` exists; that file is not changed.

    Raises:
        OSError: the folder cannot be written to.
    """
    _make_folder(path.parent)
    draft = _draft(path, content)
    try:
        os.link(draft, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in NO_HARD_LINKS:
            raise
        # A crash in here leaves a part of the content, and `create` then returns False.
        try:
            _write(path, content)
        except FileExistsError:
            return False
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)
    return True


def replace(path: Path, content: bytes) -> None:
    """Replace a file that is known to be damaged, atomically."""
    draft = _draft(path, content)
    try:
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    sync(path.parent)


def remove_drafts(folder: Path, older_than: timedelta) -> int:
    """Delete drafts below the folder that a crash has left; returns how many.

    Raises:
        OSError: the folder cannot be written to.
    """
    before = time.time() - older_than.total_seconds()
    drafts = [path for path in folder.rglob(".*.part") if DRAFT.fullmatch(path.name)]
    old = [path for path in drafts if path.stat().st_mtime < before]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def sync(path: Path) -> None:
    """Sync a file, or the names in a folder, to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _draft(path: Path, content: bytes) -> Path:
    draft = path.with_name(f".{path.name}.{token_hex(8)}.part")
    try:
        _write(draft, content)
    except OSError:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
    return draft


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    """Make the folder and its parents; each new name is synced to the disk."""
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    sync(folder.parent)
