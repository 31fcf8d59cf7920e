"""The prefix of a project's keys in Redis, so that two projects can share a server."""

import hashlib
from functools import cache
from secrets import token_hex

from bus import conf
from bus.models import RelayState


def prefix() -> str:
    """BUS_KEY_PREFIX, with `{id}` replaced by the name that the database stores.

    All processes of a project share its database, and no two projects do.
    """
    given = conf.key_prefix()
    return given.replace("{id}", own_name()) if "{id}" in given else given


def key(name: str) -> str:
    """The full name of a key, for commands that do not go through Celery."""
    return prefix() + name


def fingerprint() -> str:
    """A hash that tells two projects apart."""
    return hashlib.sha256(own_name().encode()).hexdigest()[:16]


@cache
def own_name() -> str:
    """A random name, created at its first use. Read once per process.

    Raises:
        django.db.Error: the database does not answer, or has no tables.
    """
    state, _created = RelayState.objects.get_or_create(pk=RelayState.THE_ROW)
    # Of two processes at the same time one writes, and both read what it wrote.
    RelayState.objects.filter(pk=state.pk, own_name="").update(own_name=token_hex(4))
    state.refresh_from_db(fields=["own_name"])
    return state.own_name
