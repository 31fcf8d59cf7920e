"""The base class of events: frozen, versioned, about one stream."""

from functools import cache
from typing import Any, ClassVar, Self, TypeVar

import msgspec


class UnreadableEvent(ValueError):
    """A stored event does not fit the class that should read it."""


class PersonalDataErased(UnreadableEvent):
    """An event's personal data was erased, and there is no event without it.

    A delivery whose handler cannot read its event for that reason, or raises this itself, is
    discarded.
    """


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

    @property
    def person(self) -> str | None:
        """Whom the personal data is about, such as an e-mail address in one spelling.

        All personal data of a person has one key, and is erased together (`bus.persons`).
        """
        return None

    @classmethod
    def upcast(cls, version: int, _data: dict[str, Any]) -> dict[str, Any]:
        """Convert data of an older `version` to that of the class; it may lack the personal data.

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
            PersonalDataErased: a personal field without a default has no value any more.
            UnreadableEvent: a field does not fit; the message names it. Or a newer release has
                published the event in a version that this one does not have.
        """
        whole = cls._upcast(version, {**data, **(personal or {})})
        if personal is None:
            lost = [name for name in cls._required_of_person() if name not in whole]
            if lost:
                raise PersonalDataErased(f"{cls.__name__} has lost {', '.join(lost)}.")
        return _convert(whole, cls, f"{cls.__name__} version {version}")

    @classmethod
    def read_without_person(cls, version: int, data: dict[str, Any]) -> Self:
        """Build the event without its personal data: those fields are `msgspec.UNSET`.

        Raises:
            UnreadableEvent: as `read`.
        """
        if not cls.personal:
            return cls.read(version, data, None)
        rest = _without_person(cls)
        found = _convert(cls._upcast(version, data), rest, f"{cls.__name__} version {version}")
        fields = {name: getattr(found, name) for name in rest.__struct_fields__}
        return cls(**fields, **dict.fromkeys(cls.personal, msgspec.UNSET))

    @classmethod
    def _upcast(cls, version: int, data: dict[str, Any]) -> dict[str, Any]:
        if version > cls.version:
            raise UnreadableEvent(
                f"{cls.__name__} version {version} is newer than this release, which has version "
                f"{cls.version}."
            )
        return cls.upcast(version, data) if version < cls.version else data

    @classmethod
    def _required_of_person(cls) -> list[str]:
        fields = msgspec.structs.fields(cls) if cls.personal else ()
        return [one.name for one in fields if one.required and one.name in cls.personal]


Kind = TypeVar("Kind", bound=msgspec.Struct)


def _convert(data: dict[str, Any], kind: type[Kind], what: str) -> Kind:
    try:
        return msgspec.convert(data, kind)
    except msgspec.ValidationError as error:
        raise UnreadableEvent(f"{what}: {error}") from error


@cache
def _without_person(event: type[DomainEvent]) -> type[msgspec.Struct]:
    """A struct with the other fields of the event."""
    fields: list[Any] = []
    for one in msgspec.structs.fields(event):
        if one.name in event.personal:
            continue
        if one.required:
            fields.append((one.name, one.type))
        elif one.default is not msgspec.NODEFAULT:
            fields.append((one.name, one.type, one.default))
        else:
            made: Any = msgspec.field(default_factory=one.default_factory)
            fields.append((one.name, one.type, made))
    names = {one.name: one.encode_name for one in msgspec.structs.fields(event)}
    return msgspec.defstruct(event.__name__, fields, frozen=True, kw_only=True, rename=names)
