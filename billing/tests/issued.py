"""Documents that were issued, for tests of what finds and mends them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from billing import immutable
from billing.models import Invoice
from billing.services import draw_document
from billing.tests.events import confirmed, numbered, placed
from bus import publish
from bus.audit import Operator
from bus.models import Outbox
from bus.testing import settle

GRACE = Operator("grace", "audit of November")


def issued(number: str = "SO-100042") -> Invoice:
    order = confirmed(number)
    publish(placed(number))
    publish(order)
    draw_document(numbered(order))()
    Outbox.objects.all().delete()
    return Invoice.objects.get(order_number=number)


@contextmanager
def tampering() -> Iterator[None]:
    """What the database refuses, as an attacker with its password could still do it."""
    editor = connection.schema_editor(atomic=False)
    immutable.remove(editor)
    yield
    immutable.install(editor)


def subjects(check) -> list[str]:
    return [finding.subject for finding in check()]


def repaired(check) -> list[str]:
    """What was done about the findings; billing then handles the open deliveries."""
    done = [finding.repair(GRACE) for finding in check() if finding.repair]
    settle("billing")
    return done
