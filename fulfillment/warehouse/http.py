"""A warehouse with a system: signed JSON by POST."""

import asyncio
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache

import httpx
from django.conf import settings

from fulfillment.models import Shipment
from fulfillment.warehouse import payloads
from fulfillment.warehouse.protocol import WarehouseUnavailable
from fulfillment.warehouse.responses import judge
from fulfillment.warehouse.signing import signed_headers

TOTAL_TIMEOUT = timedelta(seconds=20)
"""For the whole call, from the name lookup to the response's last byte."""

LONGEST_ANSWER = 64 * 1024
"""Bytes of a response that are read, so that its connection can be reused; its content is not used.
After a longer response the connection is closed."""


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that httpx trusts; cached, since reading them takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def http_warehouse() -> Iterator["HttpWarehouse"]:
    """The warehouse at WAREHOUSE_URL, with one kept-alive connection."""
    # An event loop, since only asyncio can limit a call's total duration.
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=TOTAL_TIMEOUT.total_seconds(),
            verify=_trusted(),
            # Settings come from one place: no proxies or passwords from the environment.
            trust_env=False,
        )
        try:
            yield HttpWarehouse(runner, client)
        finally:
            runner.run(client.aclose())


class HttpWarehouse:
    """See `Warehouse`. The key is sent as `webhook-id` and as `Idempotency-Key`."""

    def __init__(self, runner: asyncio.Runner, client: httpx.AsyncClient) -> None:
        self._runner = runner
        self._client = client

    def release(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(payloads.released(shipment, at), key)

    def recall(self, shipment: Shipment, at: datetime, key: str) -> None:
        self._send(payloads.recalled(shipment, at), key)

    def _send(self, body: bytes, key: str) -> None:
        try:
            answer = self._runner.run(self._post(body, key))
        except httpx.UnsupportedProtocol as error:
            raise ValueError("WAREHOUSE_URL must begin with https:// or http://.") from error
        except (httpx.TransportError, TimeoutError) as error:
            raise WarehouseUnavailable(
                f"The warehouse did not answer: {type(error).__name__}."
            ) from error
        judge(answer.status_code, answer.headers)

    async def _post(self, body: bytes, key: str) -> httpx.Response:
        headers = {
            "content-type": "application/json",
            "accept-encoding": "identity",
            "idempotency-key": key,
            **signed_headers(settings.WAREHOUSE_SECRET, key, int(time.time()), body),
        }
        async with asyncio.timeout(TOTAL_TIMEOUT.total_seconds()):
            url = settings.WAREHOUSE_URL
            async with self._client.stream("POST", url, content=body, headers=headers) as answer:
                read = 0
                async for chunk in answer.aiter_raw():
                    read += len(chunk)
                    if read > LONGEST_ANSWER:
                        break
        return answer
