"""Documents that were issued, for tests of what finds and mends them."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from billing import immutable
from billing.models import Invoice
from billing.services import draw_document
from billing.tests.events import confirmed, invoiced, placed
from bus import publish
from bus.audit import Operator
from bus.models import Delivery, Outbox
from bus.testing import settle
from shop.events import InvoiceNumbered

GRACE = Operator("grace", "audit of November")


def issued(number: str = "SO-100042") -> Invoice:
    order = confirmed(number)
    publish(placed(number))
    publish(order)
    invoice = invoiced(order)
    event = InvoiceNumbered(
        number=number,
        order_id=order.order_id,
        at=order.at,
        document=invoice.number,
        kind="invoice",
    )
    draw_document(event)()
    Outbox.objects.all().delete()
    invoice.refresh_from_db()
    return invoice


@contextmanager
def tampering() -> Iterator[None]:
    """What the database refuses, as an attacker with its password could still do it."""
    editor = connection.schema_editor(atomic=False)
    immutable.remove(editor)
    yield
    immutable.install(editor)


def subjects(check) -> list[str]:
    return [finding.subject for finding in check()]


def settled_by_the_bus(number: str = "SO-1") -> Invoice:
    """An invoice that came the whole way."""
    with transaction.atomic():
        publish(confirmed(number))
    settle("billing")
    return Invoice.objects.get(order_number=number)


def delivery(handler: str) -> Delivery:
    return Delivery.objects.get(subscription__name=f"billing.tasks.{handler}")


def repaired(check) -> list[str]:
    """What was done about the findings; billing then handles the open deliveries."""
    done = [finding.repair(GRACE) for finding in check() if finding.repair]
    settle("billing")
    return done
