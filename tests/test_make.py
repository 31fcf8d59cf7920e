"""What `make` does on machines that are not this one."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from config.local.lock import use_checkout
from config.local.machine import OLDEST, TOO_NEW

ROOT = Path(__file__).parents[1]
COPIED = ("Makefile", "manage.py", "requirements.txt", "requirements-uv.txt", "config/__init__.py")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of the project as `make` reads."""
    shutil.copytree(ROOT / "config/local", tmp_path / "config/local")
    for name in COPIED:
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "var").mkdir()
    return tmp_path


def make(folder: Path, *targets: str, **settings: str) -> subprocess.CompletedProcess[str]:
    python = getattr(sys, "_base_executable", sys.executable)
    outer = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", f"PYTHON={python}", *targets], cwd=folder, env=outer | settings,
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_clean_refuses_while_the_shop_runs(checkout: Path) -> None:
    use = use_checkout(checkout)
    try:
        refused = make(checkout, "clean")
    finally:
        os.close(use)

    assert refused.returncode != 0
    assert "The shop runs from this folder; stop it first." in refused.stderr
    assert (checkout / "var").is_dir()
    assert make(checkout, "clean").returncode == 0
    assert not (checkout / "var").exists()


def test_environment_without_its_python_is_made_anew(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv", ignore_errors=True)
    (checkout / ".venv/bin").mkdir(parents=True)
    (checkout / ".venv/bin/python").symlink_to("/nowhere/python3")
    (checkout / ".venv/.runtime").touch()

    done = make(checkout, "help")

    assert "The Python that .venv was made with is gone" in done.stdout
    assert not (checkout / ".venv").exists()


def test_environment_of_another_version_is_made_anew(checkout: Path) -> None:
    assert make(checkout, ".venv/bin/python").returncode == 0
    packages = next((checkout / ".venv/lib").iterdir())
    assert "is gone" not in make(checkout, "help").stdout

    packages.rename(packages.with_name("python3.10"))

    assert "is gone" in make(checkout, "help").stdout
    assert not (checkout / ".venv").exists()


def test_python_out_of_range_is_refused(checkout: Path) -> None:
    newer = checkout / "python3"
    newer.write_text('#!/bin/sh\n[ "$1" = -V ] && echo Python 3.14.0\nexit 1\n')
    newer.chmod(0o755)

    refused = make(checkout, ".venv/bin/python", f"PYTHON={newer}")

    assert refused.returncode != 0
    assert "Python 3.14.0 does not fit: the shop runs on Python 3.11 to 3.13" in refused.stdout


def test_range_of_python_is_same_everywhere() -> None:
    said = {
        name: (ROOT / name).read_text() for name in ("Makefile", "README.md", "CONTRIBUTING.md")
    }
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert [name for name, text in said.items() if "Python 3.11 to 3.13" not in text] == []
    assert project["requires-python"] == ">=3.11,<3.14"
    minors = re.findall(r"Python :: (3\.\d+)", "\n".join(project["classifiers"]))
    assert minors == ["3.11", "3.12", "3.13"]
    assert (OLDEST, TOO_NEW) == ((3, 11), (3, 14))


def test_install_without_network_names_the_ways_out(checkout: Path) -> None:
    nowhere = "http://127.0.0.1:1/simple"
    done = make(
        checkout, ".venv/.runtime", PIP_INDEX_URL=nowhere, UV_DEFAULT_INDEX=nowhere,
        PIP_RETRIES="0", PIP_NO_CACHE_DIR="1", PIP_EXTRA_INDEX_URL="", PIP_CONFIG_FILE=os.devnull,
    )  # fmt: skip

    assert done.returncode != 0
    first, last = done.stdout.strip().splitlines()[-2:]
    assert "the package index does not answer" in first
    assert "PIP_INDEX_URL" in last
    assert not (checkout / ".venv/.runtime").exists()
