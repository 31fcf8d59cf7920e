"""A warehouse with a system: signed JSON by POST."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.conf import settings

from fulfillment.models import Shipment
from fulfillment.warehouse import payloads
from fulfillment.warehouse.protocol import WarehouseRefused, WarehouseUnavailable
from shop.http import HttpService, ServiceRefused, ServiceUnavailable, http_service
from shop.signing import signed_headers

TOTAL_TIMEOUT = timedelta(seconds=20)
"""For the whole call, from the name lookup to the response's last byte."""


@contextmanager
def http_warehouse() -> Iterator["HttpWarehouse"]:
    """The warehouse at WAREHOUSE_URL, with one kept-alive connection."""
    with http_service("WAREHOUSE_URL", TOTAL_TIMEOUT) as service:
        yield HttpWarehouse(service)


class HttpWarehouse:
    """See `Warehouse`. The key is sent as `webhook-id` and as `Idempotency-Key`."""

    def __init__(self, service: HttpService) -> None:
        self._service = service

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(payloads.released(shipment, at), key)

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(payloads.recalled(shipment, at), key)

    def _send(self, body: bytes, key: str) -> None:
        signed = signed_headers(key, int(time.time()), body, settings.WAREHOUSE_SECRET)
        try:
            self._service.post(body, key, signed)
        except ServiceUnavailable as error:
            raise WarehouseUnavailable(str(error)) from error
        except ServiceRefused as error:
            raise WarehouseRefused(str(error)) from error
