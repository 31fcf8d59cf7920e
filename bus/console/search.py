"""From what an operator types to streams, by the bus itself and by what apps have registered."""

from collections.abc import Callable
from typing import Any

from bus.streams import stream_of

LONGEST = 254
"""Characters; so long is an e-mail address at most."""

Resolver = Callable[[str], list[str]]
"""The streams that a text means to an app."""

_resolvers: dict[str, tuple[Resolver, str]] = {}


def register(resolver: Resolver, *, hint: str, permission: str) -> None:
    """Let the console search by what an app stores. `hint` names it: *an e-mail address*."""
    _resolvers[hint] = resolver, permission


def streams(text: str, user: Any) -> list[str]:
    """The streams that this text names: one by its name or an event's number, or what apps find."""
    if not text or len(text) > LONGEST or "\0" in text:
        return []
    if stream := stream_of(text):
        return [stream]
    found: list[str] = []
    for resolver, permission in _resolvers.values():
        if user.has_perm(permission):
            found += resolver(text)
    return list(dict.fromkeys(found))


def hints(user: Any) -> list[str]:
    """What this user can search by besides a stream and an event's number."""
    return [hint for hint, (_, permission) in _resolvers.items() if user.has_perm(permission)]
