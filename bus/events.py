"""What an event is: a frozen, versioned statement about one stream that a publisher makes once."""

from typing import Any, ClassVar, Self

import msgspec


class UnreadableEvent(ValueError):
    """A stored event does not fit the class that should read it."""


class DomainEvent(msgspec.Struct, frozen=True, kw_only=True):
    """The base of every event.

    Subclasses are declared with ``frozen=True, kw_only=True`` and hold plain values alone: text,
    whole numbers, `Decimal`, `datetime`, `UUID`, tuples and other frozen structs. Fields that a
    reader does not know are dropped, so an older worker survives a newer publisher.
    """

    version: ClassVar[int] = 1
    """Raised when the meaning changes; `upcast` then reads what older publishers wrote."""

    personal: ClassVar[tuple[str, ...]] = ()
    """Names of the fields that tell who somebody is; they are stored apart from the rest."""

    @property
    def stream(self) -> str:
        """What the event is about, for example a book's number; the scope of ordering."""
        raise NotImplementedError(f"{type(self).__name__} must say which stream it belongs to.")

    @property
    def key(self) -> str | None:
        """What may happen only once in the stream: a second event with this key is refused."""
        return None

    @classmethod
    def upcast(cls, version: int, _data: dict[str, Any]) -> dict[str, Any]:
        """Turn what `version` wrote into what today's class reads.

        Raises:
            UnreadableEvent: where no way from that version is known.
        """
        raise UnreadableEvent(f"{cls.__name__} cannot read version {version}: add an upcast.")

    def split(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The event as two JSON objects: what stays for ever, and what is personal."""
        data: dict[str, Any] = msgspec.to_builtins(self)
        return data, {name: data.pop(name) for name in self.personal}

    @classmethod
    def read(cls, version: int, data: dict[str, Any], personal: dict[str, Any] | None) -> Self:
        """Build the event from what was stored.

        Raises:
            UnreadableEvent: naming the field that does not fit.
        """
        whole = {**data, **(personal or {})}
        if version < cls.version:
            whole = cls.upcast(version, whole)
        try:
            return msgspec.convert(whole, cls)
        except msgspec.ValidationError as error:
            raise UnreadableEvent(f"{cls.__name__} version {version}: {error}") from error
