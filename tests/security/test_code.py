"""What an attacker would look for in code: slow patterns, text that is run, unescaped values."""

import ast
import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("analytics", "billing", "bus", "config", "fulfillment", "inventory", "notifications",
            "orders", "outlets", "shop")  # fmt: skip
LEFT_OUT = ("tests", "migrations", "testing", "__main__")
LENGTH = 4_000
SECONDS = 2.0
TEXTS = (
    "a",
    "1",
    " ",
    "=",
    "'",
    '"',
    "@",
    ".",
    "-",
    "\t",
    "\n",
    "a@",
    "a.",
    "1,",
    "<a ",
    '" ',
    "é",
)
"""Repeated `LENGTH` times, with an end that does not match. A pattern of exponential
or cubic time takes minutes; one in quadratic time passes, as short texts are all it gets."""
DANGEROUS = {"eval", "exec", "__import__"}
UNSAFE = {"pickle", "marshal", "shelve", "telnetlib"}


def files() -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if not any(part in LEFT_OUT for part in (*path.parts, path.stem))
    ]


def patterns(package: str) -> Iterator[tuple[str, re.Pattern[str]]]:
    found = importlib.import_module(package)
    for module in pkgutil.walk_packages(found.__path__, f"{package}."):
        path = module.name.replace(".", "/")
        file = ROOT / f"{path}.py"
        if any(part in LEFT_OUT for part in module.name.split(".")) or not file.exists():
            continue
        if "re.compile(" not in file.read_text():
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{module.name}.{name}", value


@pytest.mark.parametrize("package", PACKAGES)
def test_pattern_ends_soon(package: str) -> None:
    slow = []
    for name, pattern in patterns(package):
        began = time.process_time()
        for text in TEXTS:
            pattern.search(text * (LENGTH // len(text)) + "\0!")
            if time.process_time() - began > SECONDS:
                slow.append((name, text))
                break

    assert slow == []


def test_slow_pattern_would_be_found() -> None:
    began = time.process_time()

    re.search("a+b", "a" * 4 * LENGTH)

    assert time.process_time() - began > 0.05


def test_code_runs_no_text_and_reads_no_pickles() -> None:
    found = []
    for path in files():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id in DANGEROUS:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.func.id}")
            elif isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                if names & UNSAFE:
                    found.append(f"{path.relative_to(ROOT)}:{node.lineno}")

    assert found == []


def test_template_marks_no_value_as_safe() -> None:
    templates = [
        path for package in PACKAGES for path in (ROOT / package).rglob("templates/**/*.html")
    ]
    marked = [
        str(path.relative_to(ROOT))
        for path in templates
        if re.search(r"\|\s*(safe|safeseq)\b|autoescape off", path.read_text())
    ]

    assert len(templates) > 20
    assert marked == []
