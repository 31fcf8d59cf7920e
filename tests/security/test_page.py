"""docs/security.md: each threat has a measure, and tests that exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/security.md").read_text()
NAMED = re.compile(r"`([\w/]+\.py)::(test_\w+)`")


def rows() -> list[list[str]]:
    """Threat, measure and tests of each line of the table."""
    table = PAGE.partition("## Threats")[2].partition("\n## ")[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines[1:]]


def names_in(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text()).body if hasattr(node, "name")}


def test_each_threat_names_a_test() -> None:
    assert len(rows()) >= 30
    assert [row for row in rows() if len(row) != 3 or not NAMED.search(row[2])] == []


def test_each_test_that_is_named_exists() -> None:
    named = [pair for row in rows() for pair in NAMED.findall(row[2])]

    missing = [
        f"{file}::{test}"
        for file, test in named
        if not (ROOT / file).exists() or test not in names_in(ROOT / file)
    ]

    assert missing == []
