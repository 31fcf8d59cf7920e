"""What the shop installs: pinned, hashed, each once, and listed in its bill of materials."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(path.name for path in ROOT.glob("requirements*.txt"))
PINNED = re.compile(r"^([a-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)


def blocks(name: str) -> list[str]:
    """Each requirement with its continued lines."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    return [line for line in text.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("name", FILES)
def test_each_package_is_pinned_with_hashes(name: str) -> None:
    loose = [
        block.split()[0]
        for block in blocks(name)
        if not PINNED.match(block) or not re.search(r"--hash=sha256:[0-9a-f]{64}\b", block)
    ]

    assert blocks(name)
    assert loose == []


@pytest.mark.parametrize("name", FILES)
def test_each_package_is_pinned_once_for_a_python(name: str) -> None:
    pins = [re.split(r"\s--hash", block)[0].strip() for block in blocks(name)]
    names = [pin.partition("==")[0] for pin in pins]

    twice = {
        pin for pin, package in zip(pins, names, strict=True)
        if names.count(package) > 1 and ";" not in pin
    }  # fmt: skip

    assert twice == set()


def test_bill_of_materials_lists_what_is_pinned(tmp_path: Path) -> None:
    target = re.search(
        r"^sbom:.*\n\t@?\$\(PY\) (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE
    )
    assert target
    file = tmp_path / "sbom.json"

    subprocess.run(
        [sys.executable, *target[1].replace("sbom.json", str(file)).split()], cwd=ROOT, check=True
    )

    listed = {(one["name"], one["version"]) for one in json.loads(file.read_text())["components"]}
    assert listed == set(PINNED.findall((ROOT / "requirements.txt").read_text()))
