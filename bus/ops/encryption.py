"""Encrypt the personal data that is in clear, or under a master key that is to be removed."""

from collections.abc import Generator

from django.db import transaction
from django.db.models import Q, QuerySet

from bus import conf, sealing
from bus.contract import event_types
from bus.events import DomainEvent, UnreadableEvent
from bus.models import Person, PersonalData
from bus.ops.log import Refused, record
from bus.store.persons import key_of

STEP = 200
"""Rows in one commit."""


def encrypt(*, by: str, why: str = "") -> Generator[int, None, None]:
    """Encrypt by the first master key what is not yet; yields how many, step by step.

    If it is interrupted, the next run does the rest. Events whose class says no person stay as they
    are. Persons' keys that nothing uses any more are deleted at the end.

    Raises:
        Refused: no master key is set.
        CannotDecrypt: an earlier master key is not in the settings.
    """
    if not sealing.is_on():
        raise Refused(f"{conf.name('BUS_PERSONAL_KEYS')} is empty; set it to a long random text.")
    record(by, "encrypt personal data", "events", count=0, why=why)
    classes = {one.__name__: one for one in event_types()}
    last = 0
    while True:
        with transaction.atomic():
            rows = list(_older().filter(pk__gt=last).order_by("pk")[:STEP])
            if not rows:
                break
            last = rows[-1].pk
            count = sum(_encrypt(row, classes) for row in rows)
        yield count
    _delete_unused()


def _older() -> QuerySet[PersonalData]:
    older = Q(person=None) | ~Q(person__secret__startswith=sealing.newest())
    rows = PersonalData.objects.filter(older).select_related("event", "person")
    return rows.select_for_update(of=("self",))


def _encrypt(row: PersonalData, classes: dict[str, type[DomainEvent]]) -> bool:
    kind, personal = classes.get(row.event.type), row.content()
    if kind is None or personal is None:
        return False
    try:
        person = kind.read(row.event.version, row.event.data, personal).person
    except UnreadableEvent:  # of a newer release, or of one whose data nothing can read
        return False
    if person is None:
        return False
    key = key_of(person)
    row.person_id, row.data = key.id, sealing.seal(personal, key.secret, row.event.uuid)
    row.save(update_fields=["person", "data"])
    return True


def _delete_unused() -> None:
    older = Person.objects.exclude(secret__startswith=sealing.newest())
    older.filter(personaldata=None).delete()
