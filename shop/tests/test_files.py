"""Files come into being whole, and take no other file's place."""

import errno
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from shop import files


def test_new_file_is_complete_without_temporary_files(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file"

    assert files.create(path, b"content")

    assert path.read_bytes() == b"content"
    assert list(path.parent.iterdir()) == [path]


def test_existing_file_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"first")

    assert not files.create(path, b"second")

    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_one_of_many_concurrent_creations_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "file"

    with ThreadPoolExecutor(8) as writers:
        contents = [str(n).encode() * 1000 for n in range(8)]
        created = list(writers.map(lambda content: files.create(path, content), contents))

    assert created.count(True) == 1
    assert path.read_bytes() == contents[created.index(True)]


def test_existing_file_is_not_replaced_without_hard_links(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_paths: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    path = tmp_path / "file"

    assert files.create(path, b"first")
    assert not files.create(path, b"second")

    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


def test_unwritable_folder_raises_and_leaves_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").touch()

    with pytest.raises(OSError, match="folder"):
        files.create(tmp_path / "folder" / "file", b"content")

    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_drafts_that_a_crash_left_are_removed_when_old(tmp_path: Path) -> None:
    folder = tmp_path / "invoices" / "2026"
    assert files.create(folder / "RE-1.pdf", b"issued")
    old, new, other = (
        folder / f".RE-2.pdf.{'0' * 16}.part",
        folder / f".RE-2.pdf.{'1' * 16}.part",
        folder / ".another.part",
    )
    for path in (old, new, other):
        path.write_bytes(b"half")
    for path in (old, other, folder / "RE-1.pdf"):
        os.utime(path, (0, 0))

    assert files.remove_drafts(tmp_path, timedelta(days=1)) == 1

    assert sorted(folder.iterdir()) == sorted([new, other, folder / "RE-1.pdf"])
    assert files.remove_drafts(tmp_path / "missing", timedelta(days=1)) == 0
