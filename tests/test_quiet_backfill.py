"""A quiet backfill completes an app's rows, and no customer notices."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from billing.models import Invoice
from bus.audit import events_have_deliveries
from bus.models import Delivery, Event, State
from bus.ops.backfill import backfill
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.worker.registration import register
from fulfillment.models import Shipment
from inventory import services as inventory
from shop.testing import confirmed, placed

pytestmark = pytest.mark.django_db(transaction=True)

NUMBERS = ["SO-1", "SO-2", "SO-3"]
INVOICING = "billing.tasks.issue_invoice"


@pytest.fixture(autouse=True)
def history(settings: Any, tmp_path: Path) -> None:
    """Orders from before any subscription."""
    settings.MEDIA_ROOT = tmp_path
    inventory.receive_stock("CUP", 9, "first delivery")
    given(*(placed(number, CUP=1) for number in NUMBERS))
    given(*(confirmed(number, CUP=1) for number in NUMBERS))
    fan_out()
    register()
    Delivery.objects.all().delete()  # what the sweep of the last minute gave them


def fill(name: str, *, suppressed: bool) -> None:
    since = timezone.now() - timedelta(days=1)
    assert sum(backfill(name, since=since, rate=500, by="ada", suppressed=suppressed)) == 3
    settle()


def drawn() -> list[int]:
    rows = Invoice.objects.exclude(sha256="").order_by("sequence")
    return list(rows.values_list("sequence", flat=True))


def kept_quiet() -> dict[str, int]:
    rows = Delivery.objects.filter(state=State.DISCARDED).select_related("subscription")
    names = [row.subscription.name for row in rows]
    return {name: names.count(name) for name in sorted(names)}


def test_suppressed_backfill_draws_invoices_and_sends_no_mail() -> None:
    fill(INVOICING, suppressed=True)

    assert drawn() == [1, 2, 3]
    assert mail.outbox == []
    assert kept_quiet() == {"notifications.tasks.send_invoice": 3}
    assert not Delivery.objects.exclude(state__in=[State.DONE, State.DISCARDED]).exists()


def test_backfill_without_suppression_mails_each_invoice() -> None:
    fill(INVOICING, suppressed=False)

    assert drawn() == [1, 2, 3]
    assert len(mail.outbox) == 3
    assert kept_quiet() == {}


def test_suppressed_backfill_reserves_stock_and_releases_nothing() -> None:
    fill("fulfillment.tasks.open_shipment", suppressed=True)
    fill("inventory.tasks.reserve_stock", suppressed=True)

    assert Event.objects.filter(type="StockReserved", suppressed=True).count() == 3
    assert Shipment.objects.filter(released_at__isnull=True).count() == 3
    assert kept_quiet() == {"fulfillment.tasks.release_shipment": 3}
    assert mail.outbox == []
    assert list(events_have_deliveries()) == []


def test_suppressed_backfill_discards_external_effects() -> None:
    fill("notifications.tasks.send_order_confirmation", suppressed=True)

    assert mail.outbox == []
    assert kept_quiet() == {"notifications.tasks.send_order_confirmation": 3}
