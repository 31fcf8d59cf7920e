"""Persons: everything personal that the bus holds of one, and its erasure.

An event names its person by a text (`DomainEvent.person`), of which the bus keeps a digest.
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

from bus.models import Event, PersonalData
from bus.publishing import NotInTransaction


def digest(person: str) -> str:
    """The keyed hash of a person, for records that must not hold the text itself."""
    return digests(person)[0]


def digests(person: str) -> list[str]:
    """Every digest that a record of the person may have: by the key of now, and by earlier ones."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [salted_hmac("bus.persons", person, key, algorithm="sha256").hexdigest() for key in keys]


def forget(person: str, streams: Collection[str] = ()) -> int:  # noqa: ARG001 -- for its key
    """Erase the personal data of a person, in the caller's transaction; the events stay.

    `streams`: those that are about the person alone. All personal data in them is erased, as it may
    have been stored before the person's key was. Returns how many events have lost theirs.

    Raises:
        NotInTransaction: outside `transaction.atomic()`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("forget() needs a transaction: erase a person whole, or not at all.")
    count, _by_table = PersonalData.objects.filter(event__stream__in=streams).delete()
    return count


def events_of(
    person: str,  # noqa: ARG001 -- for its key
    streams: Collection[str] = (),
) -> Iterator[tuple[Event, dict[str, Any]]]:
    """The person's events, and those of these streams, each with its personal data; the oldest
    first. Those that have lost it are left out."""
    rows = Event.objects.filter(stream__in=streams, personal__isnull=False)
    for row in rows.select_related("personal").order_by("id").iterator(chunk_size=500):
        yield row, row.personal.data
