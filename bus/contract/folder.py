"""The contract's files: schemas of every version, stored samples, and the AsyncAPI document."""

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from bus.contract.asyncapi import DEFAULT_INFO, Version, document
from bus.contract.compatibility import breaks
from bus.contract.schemas import Schema, schema_of
from bus.contract.types import EventType
from bus.events import DomainEvent
from bus.handlers import Handler

NAME = re.compile(r"(?P<event>\w+)\.v(?P<version>\d+)(?:\.[\w-]+)?\.json\Z")
"""`Placed.v1.json`; of samples also `Placed.v1.without-name.json`."""


@dataclass(frozen=True)
class _File:
    path: Path
    event: str
    version: int

    @property
    def content(self) -> Any:
        return json.loads(self.path.read_text())


class Contract:
    """What the code says of its events, and the folder that keeps what has been published.

    `asyncapi.json` and the schemas of today's versions are written by `write`. Schemas of earlier
    versions, and `samples`, are kept by hand; the document's `info` is as it is in the file.
    """

    def __init__(
        self, folder: Path, events: Sequence[EventType], handlers: Sequence[Handler]
    ) -> None:
        self.folder, self.events, self.handlers = folder, events, handlers
        self.by_name = {event.__name__: event for event in events}

    def faults(self) -> list[str]:
        """Why today's code may not be released, each with the way out; empty if it may."""
        return [*self._ambiguous(), *self._broken(), *self._without_sample(), *self._unreadable()]

    def stale(self) -> list[Path]:
        """The files that say something else than the code, or are missing."""
        return [
            path
            for path, text in self._texts().items()
            if not path.exists() or path.read_text() != text
        ]

    def write(self) -> list[Path]:
        """Write what is stale; call it only if there are no faults."""
        texts = self._texts()
        stale = self.stale()
        for path in stale:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts[path])
        return stale

    def _ambiguous(self) -> Iterator[str]:
        for name, count in Counter(event.__name__ for event in self.events).items():
            if count > 1:
                yield f"{count} events are called {name}; rename all but one: the name is stored."

    def _broken(self) -> Iterator[str]:
        for file in self._files("schemas"):
            event = self.by_name.get(file.event)
            if event is None:
                yield (
                    f"{file.event} version {file.version} is published, and the code has no such "
                    f"event. Bring it back; or, if no ledger and no consumer has one, delete its "
                    f"files in {self.folder}."
                )
            elif event.version < file.version:
                yield (
                    f"{file.event} version {file.version} is published, and the code is at version "
                    f"{event.version}. Bring the newer version back."
                )
            elif event.version == file.version:
                for change in breaks(file.content, schema_of(event)):
                    yield (
                        f"{file.event} version {file.version} is published: {change}. Undo it, or "
                        f"make it version {file.version + 1} with an upcast of the earlier ones."
                    )

    def _without_sample(self) -> Iterator[str]:
        have = {(file.event, file.version) for file in self._files("samples")}
        wanted = {(event.__name__, event.version) for event in self.events}
        wanted |= {(file.event, file.version) for file in self._files("schemas")}
        for name, version in sorted(wanted - have):
            path = self.folder / "samples" / f"{name}.v{version}.json"
            yield f"{path} is missing: write into it the data of one such event as it is stored."

    def _unreadable(self) -> Iterator[str]:
        for file in self._files("samples"):
            event = self.by_name.get(file.event)
            if event and file.version <= event.version:
                try:
                    self._read(event, file)
                except Exception as error:  # an upcast may raise anything
                    yield (
                        f"{file.path} cannot be read: {type(error).__name__}: {error} Correct the "
                        f"upcast of {file.event}; the sample says what ledgers contain."
                    )

    @staticmethod
    def _read(event: EventType, file: _File) -> DomainEvent:
        data = file.content
        personal = {name: data.pop(name) for name in event.personal if name in data}
        return event.read(file.version, data, personal)

    @cached_property
    def _schemas(self) -> dict[Path, Schema]:
        found = {
            self._schema_file(event.__name__, event.version): schema_of(event)
            for event in self.events
        }
        return {file.path: file.content for file in self._files("schemas")} | found

    def _schema_file(self, event: str, version: int) -> Path:
        return self.folder / "schemas" / f"{event}.v{version}.json"

    def _texts(self) -> dict[Path, str]:
        """What is written, by file: the document, and the schemas of today's versions."""
        main = self.folder / "asyncapi.json"
        info = json.loads(main.read_text())["info"] if main.exists() else DEFAULT_INFO
        said = document(info, self._versions(), self.handlers)
        today = [self._schema_file(event.__name__, event.version) for event in self.events]
        texts = {path: _as_text(self._schemas[path]) for path in today}
        return {main: _as_text(said), **texts}

    def _versions(self) -> list[Version]:
        found: dict[tuple[str, int], Version] = {}
        for path, schema in self._schemas.items():
            name, version = _parsed(path)
            if name in self.by_name:
                found[name, version] = Version(name, version, schema)
        for file in self._files("samples"):
            if one := found.get((file.event, file.version)):
                event = self.by_name[file.event]
                public = {
                    name: value
                    for name, value in file.content.items()
                    if name not in event.personal
                }
                one.samples[file.path.stem] = (self._read(event, file).stream, public)
        return [found[key] for key in sorted(found)]

    def _files(self, kind: str) -> list[_File]:
        folder = self.folder / kind
        found = sorted(folder.iterdir()) if folder.is_dir() else []
        return [_File(path, *_parsed(path)) for path in found]


def _parsed(path: Path) -> tuple[str, int]:
    match = NAME.match(path.name)
    if match is None:
        raise ValueError(f"{path}: name it EVENT.vVERSION.json, such as Placed.v1.json.")
    return match["event"], int(match["version"])


def _as_text(content: Any) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
