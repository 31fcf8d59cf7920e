"""Persons: everything personal that the bus holds of one, and its erasure.

An event names its person by a text (`DomainEvent.person`), of which the bus keeps a digest.
"""

from collections.abc import Collection, Iterator
from typing import Any

from django.db import connection
from django.db.models import Q

from bus import sealing
from bus.models import Event, Person, PersonalData
from bus.publishing import NotInTransaction


def digest(person: str) -> str:
    """The keyed hash of a person, for records that must not hold the text itself."""
    return digests(person)[0]


def digests(person: str) -> list[str]:
    """Every digest that a record of the person may have: by the key of now, and by earlier ones."""
    return sealing.digests(person)


def forget(person: str, streams: Collection[str] = ()) -> int:
    """Erase the personal data of a person, in the caller's transaction; the events stay.

    `streams`: those that are about the person alone. All personal data in them is erased, as it may
    have been stored in clear. The person's key is erased, too, so that an older backup of the table
    of events can be read by nothing but a backup of the table of keys. Waits for transactions that
    publish about the person; one that comes later gets a new key. Returns how many events have lost
    their personal data.

    Raises:
        NotInTransaction: outside `transaction.atomic()`.
    """
    if not connection.in_atomic_block:
        raise NotInTransaction("forget() needs a transaction: erase a person whole, or not at all.")
    # First, in a statement of its own: the next one sees what those who held a key have published.
    persons = Person.objects.filter(digest__in=digests(person)).order_by("pk").select_for_update()
    keys = set(persons.values_list("pk", flat=True))
    rows = PersonalData.objects.filter(_of(keys, streams))
    keys |= set(rows.exclude(person=None).values_list("person_id", flat=True))
    count, _by_table = rows.delete()
    unused = Person.objects.filter(pk__in=keys).exclude(
        pk__in=PersonalData.objects.filter(person__in=keys).values("person")
    )
    unused.delete()
    return count


def events_of(person: str, streams: Collection[str] = ()) -> Iterator[tuple[Event, dict[str, Any]]]:
    """The person's events, and those of these streams, each with its personal data; the oldest
    first. Those that have lost it are left out.

    Raises:
        CannotDecrypt: a master key is not in the settings.
    """
    keys = Person.objects.filter(digest__in=digests(person)).values_list("pk", flat=True)
    found = PersonalData.objects.filter(_of(set(keys), streams))
    rows = Event.objects.filter(pk__in=found.values("pk")).select_related("personal__person")
    for row in rows.order_by("id").iterator(chunk_size=500):
        if personal := row.personal_data():
            yield row, personal


def _of(keys: Collection[int], streams: Collection[str]) -> Q:
    return Q(person__in=keys) | Q(event__stream__in=streams)
