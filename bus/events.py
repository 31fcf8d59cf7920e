"""The base class of events: frozen, versioned, about one stream."""

from typing import Any, ClassVar, Self

import msgspec


class UnreadableEvent(ValueError):
    """A stored event does not fit the class that should read it."""


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every event.

    Subclasses are declared with ``frozen=True, kw_only=True`` and hold plain values alone: text,
    whole numbers, `Decimal`, `datetime`, `UUID`, tuples and other frozen structs. Fields that the
    class does not have are dropped, so an older worker can read a newer publisher's events.
    """

    version: ClassVar[int] = 1
    """Increase it when the meaning changes; `upcast` then converts the data of older versions.

    Workers of an earlier release leave events of a newer version to those of a newer one."""

    personal: ClassVar[tuple[str, ...]] = ()
    """Names of the fields with personal data, which is stored apart from the rest."""

    @property
    def stream(self) -> str:
        """The thing that the event is about, for example a book's number; the scope of ordering."""
        raise NotImplementedError(f"{type(self).__name__} has no stream; define the property.")

    @property
    def key(self) -> str | None:
        """The idempotency key: a second event of the stream with the same key is refused."""
        return None

    @classmethod
    def upcast(cls, version: int, _data: dict[str, Any]) -> dict[str, Any]:
        """Convert data of an older `version` to that of the class.

        Raises:
            UnreadableEvent: the class cannot convert that version.
        """
        raise UnreadableEvent(f"{cls.__name__} cannot read version {version}: add an upcast.")

    def split(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The event as two JSON objects: its data, and its personal data."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data, {name: data.pop(name) for name in self.personal}

    @classmethod
    def read(cls, version: int, data: dict[str, Any], personal: dict[str, Any] | None) -> Self:
        """Build the event from its stored data.

        Raises:
            UnreadableEvent: a field does not fit; the message names it. Or a newer release has
                published the event in a version that this one does not have.
        """
        if version > cls.version:
            raise UnreadableEvent(
                f"{cls.__name__} version {version} is newer than this release, which has version "
                f"{cls.version}."
            )
        whole = {**data, **(personal or {})}
        if version < cls.version:
            whole = cls.upcast(version, whole)
        try:
            return msgspec.convert(whole, cls)
        except msgspec.ValidationError as error:
            raise UnreadableEvent(f"{cls.__name__} version {version}: {error}") from error
