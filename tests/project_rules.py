"""The project's rules, each a function that lists the violations. An empty list is good."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.db.models import Model
from django.db.models.signals import ModelSignal

from bus.handlers import Handler
from bus.retry import Retry
from tests.support.apps import APPS, PACKAGES

EVERY_APP_HAS = ("services", "tasks", "tests")
WITH_MODELS = ("admin", "audit", "migrations")
"""An app with rows shows them, compares them with the events, and creates their tables."""
VAGUE_NAMES = {"common", "helper", "helpers", "misc", "util", "utils"}
LONGEST_MODULE = 250


def modules(root: Path) -> Iterator[Path]:
    """Every module but migrations, which Django writes."""
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path.relative_to(root)


def vague_modules(root: Path) -> list[str]:
    """Modules and packages whose name does not say what is in them."""
    return [
        f"{path}: name it by what it does" for path in modules(root) if VAGUE_NAMES & _names(path)
    ]


def long_modules(root: Path) -> list[str]:
    lengths = {path: len((root / path).read_text().splitlines()) for path in modules(root)}
    return [f"{path} has {n} lines" for path, n in lengths.items() if n > LONGEST_MODULE]


def undescribed_modules(root: Path) -> list[str]:
    """Modules with code but without a docstring."""
    trees = {path: ast.parse((root / path).read_text()) for path in modules(root)}
    return [
        f"{path} has no docstring"
        for path, t in trees.items()
        if t.body and not ast.get_docstring(t)
    ]


def incomplete_apps(root: Path, apps: Iterable[str] = APPS) -> list[str]:
    """Apps that lack a part which every app has, or every app with models."""

    def has(app: str, part: str) -> bool:
        return (root / app / f"{part}.py").is_file() or (root / app / part).is_dir()

    return [
        f"{app} has no {part}"
        for app in apps
        for part in (*EVERY_APP_HAS, *(WITH_MODELS if has(app, "models") else ()))
        if not has(app, part)
    ]


def partial_lists(toml: object, apps: Iterable[str] = APPS, place: str = "") -> list[str]:
    """Lists of pyproject.toml that name several of the apps, but not all."""
    if isinstance(toml, dict):
        name = f" ({toml['name']})" if "name" in toml else ""
        return [
            fault
            for key, value in toml.items()
            for fault in partial_lists(value, apps, f"{place}{name}.{key}".lstrip("."))
        ]
    if not isinstance(toml, list):
        return []
    words = {word for one in toml if isinstance(one, str) for word in re.findall(r"\w+", one)}
    missing = sorted(set(apps) - words)
    faults = [fault for one in toml for fault in partial_lists(one, apps, place)]
    if missing and len(words.intersection(apps)) > 1:
        faults.append(f"{place} lacks {', '.join(missing)}")
    return faults


def queue_faults(handlers: Iterable[Handler], apps: Iterable[str] = APPS) -> list[str]:
    """Apps without a queue, queues not named like their app, handlers without retries."""
    handlers = list(handlers)
    without = set(apps) - {handler.name.partition(".")[0] for handler in handlers}
    faults = [f"{app} has no handler" for app in sorted(without)]
    for handler in handlers:
        app = handler.name.partition(".")[0]
        if handler.queue.name != app:
            faults.append(f"{handler.name} runs in queue {handler.queue.name}")
        if not isinstance(handler.retry, Retry):
            faults.append(f"{handler.name} has no retry policy")
    return faults


def worker_faults(queues: Iterable[str], commands: Iterable[str]) -> list[str]:
    """Queues without exactly one worker, and workers of queues that do not exist."""
    workers = [name for command in commands for name in re.findall(r"--queues[ =](\S+)", command)]
    counts = {queue: workers.count(queue) for queue in sorted(set(queues))}
    return [f"{queue} has {n} workers" for queue, n in counts.items() if n != 1] + [
        f"a worker consumes {queue}, which is no app's queue"
        for queue in workers
        if queue not in counts
    ]


def receiver_faults(signal: ModelSignal, sender: type[Model]) -> list[str]:
    """More or less than one receiver: it publishes the event, and handlers subscribe to that."""
    synchronous, asynchronous = signal._live_receivers(sender)  # type: ignore[attr-defined]  # private
    found = [*synchronous, *asynchronous]
    names = ", ".join(receiver.__qualname__ for receiver in found) or "no receiver"
    return [] if len(found) == 1 else [f"{sender.__name__} must have one receiver; it has {names}"]


def declared_subscriptions(root: Path, apps: Iterable[str] = APPS) -> set[str]:
    """The handlers that the apps' source subscribes, read without running it."""
    found = set()
    for app in apps:
        for path in sorted((root / app).rglob("*.py")):
            if "tests" not in path.parts:
                module = ".".join(path.relative_to(root).with_suffix("").parts)
                found |= {f"{module}.{name}" for name in _subscribed(path)}
    return found


def undocumented(settings: str, example: str) -> list[str]:
    """Settings that are read but not in the example, and the other way round."""
    read = set(re.findall(r"env\.[a-z_]+\(\s*\"([A-Z_]+)\"", settings))
    explained = set(re.findall(r"^#?\s?([A-Z_]+)=", example, re.MULTILINE))
    return [f"{name} is read but not explained" for name in sorted(read - explained)] + [
        f"{name} is explained but not read" for name in sorted(explained - read)
    ]


def unlocked(required: Iterable[str], lock: str) -> list[str]:
    """Required packages that are not in the lock: a fresh machine would not get them."""
    names = [re.split(r"[^A-Za-z0-9-]", line, maxsplit=1)[0] for line in required]
    return [name for name in names if not re.search(rf"^{name}(\[.*\])?==", lock, re.MULTILINE)]


def broken_contracts(root: Path) -> str:
    """The report of import-linter on the packages in `root`; empty if every contract is kept."""
    lint = "import sys; from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", lint, "--no-cache"],
        cwd=root, check=False, capture_output=True, text=True,
    )  # fmt: skip
    report = done.stdout + done.stderr
    return report.partition("Broken contracts")[2] or report if done.returncode else ""


def _names(path: Path) -> set[str]:
    return set(path.with_suffix("").parts)


def _subscribed(path: Path) -> Iterator[str]:
    def is_subscribe(decorator: Any) -> bool:
        called = getattr(decorator, "func", None)
        return "subscribe" in (getattr(called, "id", ""), getattr(called, "attr", ""))

    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and any(map(is_subscribe, node.decorator_list)):
            yield node.name
