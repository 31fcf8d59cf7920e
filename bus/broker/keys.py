"""The prefix of a project's keys in Redis: two projects on one server do not meet."""

import hashlib
from functools import cache
from secrets import token_hex

from bus import conf
from bus.models import RelayState


def prefix() -> str:
    """BUS_KEY_PREFIX, with the name that the database keeps in the place of `{id}`.

    All processes of a project share its database, and no two projects do.
    """
    given = conf.key_prefix()
    return given.replace("{id}", own_name()) if "{id}" in given else given


def key(name: str) -> str:
    """The whole name of a key, for what does not go through Celery."""
    return prefix() + name


def fingerprint() -> str:
    """Tells two projects apart, and says nothing else about them."""
    return hashlib.sha256(own_name().encode()).hexdigest()[:16]


@cache
def own_name() -> str:
    """A random name, made when it is first asked for. Read once in a process.

    Raises:
        django.db.Error: the database does not answer, or has no tables.
    """
    state, _created = RelayState.objects.get_or_create(pk=RelayState.THE_ROW)
    # One of two that ask at the same time is too late, and reads what the other wrote.
    RelayState.objects.filter(pk=state.pk, own_name="").update(own_name=token_hex(4))
    state.refresh_from_db(fields=["own_name"])
    return state.own_name
