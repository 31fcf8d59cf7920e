"""The envelope of an event for other systems."""

from datetime import datetime

import msgspec
import pytest
from django.conf import settings
from django.db import transaction

from bus import publish
from bus.models import Event, PersonalData
from outlets.cloudevents import cloud_event
from outlets.events import PUBLIC
from shop import events
from shop.events import OrderEvent
from shop.testing import CUSTOMER, cancelled, placed, reserved

pytestmark = pytest.mark.django_db


def row_of(event: OrderEvent) -> Event:
    with transaction.atomic():
        publish(event)
    return Event.objects.select_related("personal").get()


def test_event_is_a_cloud_event_without_customer() -> None:
    row = row_of(placed("SO-1", CUP=2))

    found = msgspec.json.decode(cloud_event(row, with_customer=False).encode())

    data = found.pop("data")
    assert datetime.fromisoformat(found.pop("time")).tzinfo is not None
    assert found == {
        "specversion": "1.0",
        "id": str(row.uuid),
        "source": settings.BUS_SOURCE,
        "type": "OrderPlaced",
        "subject": "SO-1",
        "partitionkey": "SO-1",
        "sequence": f"{row.pk:019d}",
        "dataversion": "1",
        "correlationid": str(row.correlation),
        "datacontenttype": "application/json",
    }
    assert data == row.data
    assert data["total"] == "23.80"
    assert "customer" not in data


def test_event_has_its_customer_where_wanted() -> None:
    row = row_of(placed("SO-1", CUP=2))

    found = cloud_event(row, with_customer=True)

    assert found.data["customer"]["email"] == CUSTOMER.email
    assert found.encode() == cloud_event(row, with_customer=True).encode()


def test_erased_customer_is_left_out() -> None:
    row_of(placed("SO-1", CUP=2))
    PersonalData.objects.all().delete()

    row = Event.objects.select_related("personal").get()

    assert "customer" not in cloud_event(row, with_customer=True).data


@pytest.mark.parametrize(("rejected", "reason"), [(False, ""), (True, "asked for")])
def test_reason_that_a_person_typed_is_left_out(rejected: bool, reason: str) -> None:
    row = row_of(cancelled("SO-1", CUP=2, rejected=rejected))

    assert row.data["reason"] == "asked for"
    assert cloud_event(row, with_customer=False).data["reason"] == reason


def test_sequences_compare_as_text() -> None:
    row = row_of(reserved("SO-1"))
    texts = []
    for pk in (9, 10, 2**63 - 1):
        row.pk = pk
        texts.append(cloud_event(row, with_customer=False).sequence)

    assert texts == sorted(texts)


def test_every_event_of_an_order_is_public_or_internal() -> None:
    internal = {events.MailResendRequested}
    declared = {
        one
        for one in vars(events).values()
        if isinstance(one, type) and issubclass(one, OrderEvent) and one is not OrderEvent
    }

    assert declared == {*PUBLIC} | internal
