"""What the admin shows of deliveries that are tried again."""

import pytest
from django.test import Client

from bus.models import Delivery
from bus.store.outbox import fan_out
from bus.testing import given
from bus.worker.registration import register
from shop.testing import placed

pytestmark = pytest.mark.django_db


def test_first_page_says_what_is_being_tried_again(admin_client: Client) -> None:
    register("analytics")
    given(placed("SO-1", CUP=1))
    fan_out()
    assert "being tried again" not in admin_client.get("/admin/").content.decode()
    Delivery.objects.update(failure_key="a")
    count = Delivery.objects.count()

    page = admin_client.get("/admin/").content.decode()

    said = f"{count} {'delivery is' if count == 1 else 'deliveries are'} being tried again"
    assert f'<a href="/admin/bus/delivery/failures/?state=retrying">{said}</a>' in page
