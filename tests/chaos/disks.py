"""Disks that can be made full: a tmpfs over a folder, where one may mount."""

import os
import subprocess
import tempfile
from functools import cache
from pathlib import Path

WIDE = "50%"
"""Of the memory, which is what a tmpfs may grow to by default."""


@cache
def cannot_mount() -> str:
    """Why no tmpfs can be mounted here; empty if one can."""
    with tempfile.TemporaryDirectory() as folder:
        why = _run("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", folder)
        if not why:
            _run("umount", folder)
    return f"needs to mount a tmpfs, which root may on most machines: {why}" if why else ""


class SmallDisk:
    """Puts `folder`, with all that is in it, onto a disk of its own. It must not be in use yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory() as kept:
            _must("cp", "-a", f"{folder}/.", kept)
            _must("mount", "-t", "tmpfs", "-o", f"size={WIDE}", "tmpfs", str(folder))
            _must("cp", "-a", f"{kept}/.", str(folder))
            _must("chown", f"--reference={kept}", str(folder))
            _must("chmod", f"--reference={kept}", str(folder))

    def fill(self) -> None:
        """From now on it is as large as what it holds."""
        while True:
            now = os.statvfs(self.folder)
            used = max((now.f_blocks - now.f_bfree) * now.f_frsize, now.f_frsize)
            # Refused where a process wrote in between.
            if not _run("mount", "-o", f"remount,size={used}", str(self.folder)):
                return

    def widen(self) -> None:
        _must("mount", "-o", f"remount,size={WIDE}", str(self.folder))

    def unmount(self) -> None:
        """A process that has a file of it open keeps that; for all others it is gone."""
        _run("umount", "--lazy", str(self.folder))


def _run(*command: str) -> str:
    """What it complained of, or an empty text."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        return f"{command[0]}: {error.strerror}"
    return (done.stderr.strip() or f"{command[0]} failed") if done.returncode else ""


def _must(*command: str) -> None:
    if why := _run(*command):
        raise OSError(f"{' '.join(command)}: {why}")
