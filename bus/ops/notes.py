"""Notes of operators on groups of failures."""

from django.db import transaction
from django.db.models.functions import Now

from bus.models import FailureNote
from bus.ops.log import record

LONGEST_NOTE = 2000


def note(key: str, text: str, *, by: str) -> None:
    """Write the note on a group of failures, in place of the one before; remove it if empty."""
    text = text.strip()
    with transaction.atomic():
        if text:
            values = {"text": text, "who": by, "at": Now()}
            FailureNote.objects.update_or_create(failure_key=key, defaults=values)
        else:
            FailureNote.objects.filter(failure_key=key).delete()
        record(by, "note", f"failures {key}", why=text)
