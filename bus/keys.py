"""What a shop's keys in Redis begin with, so that two shops on one server do not meet."""

from functools import cache
from secrets import token_hex

from django.conf import settings

from bus.models import RelayState


def prefix() -> str:
    """REDIS_PREFIX; where that is not set, a random name that the database keeps.

    All processes of a shop share its database, and no two shops do. Asked of the database once in
    a process.
    """
    given: str | None = settings.REDIS_PREFIX
    return _of_database() if given is None else given


def key(name: str) -> str:
    """The whole name of a key, for what does not go through Celery."""
    return prefix() + name


@cache
def _of_database() -> str:
    state, _created = RelayState.objects.get_or_create(pk=RelayState.THE_ROW)
    # One of two that ask at the same time is too late, and reads what the other wrote.
    RelayState.objects.filter(pk=state.pk, shop="").update(shop=token_hex(4))
    state.refresh_from_db(fields=["shop"])
    return f"shop-{state.shop}:"
