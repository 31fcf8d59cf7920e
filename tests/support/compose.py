"""Reads the files that say which processes a shop is made of."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]

Service = dict[str, Any]


def services(text: str | None = None) -> dict[str, Service]:
    """The services of the compose file by name, their anchors resolved."""
    read: dict[str, Service] = document(text)["services"]
    return read


def document(text: str | None = None) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(text or source())
    return read


def source() -> str:
    return (ROOT / "docker-compose.yml").read_text()


def worker_names() -> list[str]:
    return [name for name in services() if name.startswith("worker-")]


def commands(found: dict[str, Service]) -> list[str]:
    """Each service's command as one line."""
    return [" ".join(service.get("command", [])) for service in found.values()]


def procfile() -> dict[str, str]:
    """The command of each process by its name."""
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {name: command for name, _, command in (line.partition(": ") for line in lines)}


def duration(text: str) -> timedelta:
    """A time as the compose specification writes it, such as 90s or 1m30s."""
    parts = {unit: int(number) for number, unit in re.findall(r"(\d+)([hms])", text)}
    return timedelta(hours=parts.get("h", 0), minutes=parts.get("m", 0), seconds=parts.get("s", 0))
