"""Crash points: silent unless armed, and each file stops one process once."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bus.failpoints import Point, reach

PASS_BY = (
    "import django; django.setup(); from bus.failpoints import Point, reach;"
    "reach(Point.AFTER_EFFECT, 'toys.tasks.first'); print('went on')"
)


def pass_by(folder: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "CRASH_POINTS": str(folder)}
    command = [sys.executable, "-c", PASS_BY]
    return subprocess.run(command, env=env, capture_output=True, text=True, check=False)


def test_failpoints_do_nothing_without_a_folder(settings: Any, tmp_path: Path) -> None:
    (tmp_path / Point.AFTER_EFFECT).write_text("nonsense")
    settings.BUS_FAILPOINTS = ""

    reach(Point.AFTER_EFFECT)

    assert (tmp_path / Point.AFTER_EFFECT).exists()


@pytest.mark.parametrize("name", ["after-effect", "after-effect@toys.tasks.first"])
def test_armed_failpoint_kills_one_process_once(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("kill")

    killed, spared = pass_by(tmp_path), pass_by(tmp_path)

    assert killed.returncode == -signal.SIGKILL
    assert spared.stdout == "went on\n"


def test_failpoint_of_another_handler_does_nothing(tmp_path: Path) -> None:
    (tmp_path / "after-effect@toys.tasks.second").write_text("kill")

    assert pass_by(tmp_path).stdout == "went on\n"


def test_malformed_failpoint_is_refused(settings: Any, tmp_path: Path) -> None:
    settings.BUS_FAILPOINTS = str(tmp_path)
    (tmp_path / "before-ack").write_text("explode")

    with pytest.raises(ValueError, match="kill, or hold 30"):
        reach(Point.BEFORE_ACK)
