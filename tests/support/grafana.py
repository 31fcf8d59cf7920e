"""Compares a dashboard with Grafana's own types, which know every field and its values."""

import enum
import json
import types
import typing
from collections.abc import Iterator
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.cog.runtime import panelcfg_config
from grafana_foundation_sdk.models.dashboard import Dashboard

CLASSES: dict[Any, Any] = {float: (int, float), Any: object}


def faults(dashboard: dict[str, Any]) -> list[str]:
    """Fields that Grafana does not know, and values that it does not take, each by its place."""
    register_default_plugins()
    read = Dashboard.from_json(dashboard)
    written = json.loads(json.dumps(read, cls=JSONEncoder))
    kinds = {one["type"] for one in dashboard["panels"]} - {"row"}
    unknown = [f"type: {kind!r}" for kind in sorted(kinds) if panelcfg_config(kind) is None]
    return [*unknown, *_left_out(dashboard, written, ""), *_wrong(read, Dashboard, "dashboard")]


def _left_out(ours: Any, written: Any, place: str) -> Iterator[str]:
    """What is not the same after it was read and written again."""
    if isinstance(ours, dict) and isinstance(written, dict):
        for name, value in ours.items():
            yield from _left_out(value, written.get(name), f"{place}.{name}")
    elif isinstance(ours, list) and isinstance(written, list) and len(ours) == len(written):
        for number, (one, other) in enumerate(zip(ours, written, strict=True)):
            yield from _left_out(one, other, f"{place}[{number}]")
    elif ours != written:
        yield f"{place}: {ours!r}"


def _wrong(value: Any, hint: Any, place: str) -> Iterator[str]:
    """What has not the type that it should have."""
    kinds = typing.get_args(hint)
    of = typing.get_origin(hint)
    if of in (typing.Union, types.UnionType):
        tries = [list(_wrong(value, kind, place)) for kind in kinds]
        yield from min(tries, key=len)
    elif of is typing.Literal:
        if value not in kinds:
            yield f"{place}: {value!r}"
    elif of is list and isinstance(value, list):
        for number, one in enumerate(value):
            yield from _wrong(one, kinds[0], f"{place}[{number}]")
    elif of is dict and isinstance(value, dict):
        for name, one in value.items():
            yield from _wrong(one, kinds[1], f"{place}.{name}")
    elif isinstance(hint, type) and issubclass(hint, enum.Enum):
        if value not in {one.value for one in hint} and not isinstance(value, hint):
            yield f"{place}: {value!r}"
    elif not isinstance(value, CLASSES.get(hint, of or hint)) or (hint is int and value is True):
        yield f"{place}: {value!r}"
    elif hasattr(value, "to_json"):
        hints = typing.get_type_hints(type(value))
        for name, one in vars(value).items():
            yield from _wrong(one, hints[name], f"{place}.{name}")
