"""Sending webhooks: one POST to an address that is judged when it is connected to."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http import HTTPStatus
from typing import Any

import httpcore
import httpx
from django.conf import settings

from bus import spans
from bus.spans import Kind
from outlets.addresses import AddressRefused, allowed_addresses
from shop.http import LONGEST_ANSWER, requested_pause

TOTAL_TIMEOUT = timedelta(seconds=15)
"""For the whole call, from the name's look-up to the last byte of the answer that is read.

A look-up cannot be broken off: the call returns in time, but `webhook_client` ends only when the
system's resolver has given up, after some seconds more.
"""

FAILED = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError)


class Unreachable(ConnectionError):
    """There is no whole answer. The other side may have the webhook."""


@dataclass(frozen=True)
class Answer:
    """An answer without its content, which says nothing that matters."""

    status: int
    pause: timedelta | None
    """What it asks for (`Retry-After`)."""

    @property
    def is_accepted(self) -> bool:
        return 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE

    @property
    def concerns_endpoint(self) -> bool:
        """Whether other webhooks would most likely be answered the same way now."""
        return self.status == HTTPStatus.TOO_MANY_REQUESTS or self.status >= 500


@cache
def _authorities(own: str) -> ssl.SSLContext:
    """The public ones, and those of a file of the operator's; cached as those of `shop.http`."""
    context = httpx.create_ssl_context(trust_env=False)
    if own:
        context.load_verify_locations(own)
    return context


@contextmanager
def webhook_client() -> Iterator["WebhookClient"]:
    """A client whose connections are kept for the webhooks of one message."""
    # An event loop, since only asyncio can limit a call's total duration.
    with asyncio.Runner() as runner:
        pool = httpcore.AsyncConnectionPool(
            ssl_context=_authorities(settings.OUTLET_CA_CERTS), network_backend=_AllowedAddresses()
        )
        try:
            yield WebhookClient(runner, pool)
        finally:
            runner.run(pool.aclose())


class WebhookClient:
    """See `webhook_client`."""

    def __init__(self, runner: asyncio.Runner, pool: httpcore.AsyncConnectionPool) -> None:
        self._runner = runner
        self._pool = pool

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send the body; redirects are answers like others, and not followed.

        Raises:
            Unreachable: there is no answer in time, or its address may not be reached. The text
                names the cause and nothing of the content.
        """
        try:
            with spans.span("POST", Kind.CLIENT) as span:
                answer = self._runner.run(self._post(url, body, headers))
                span.set({"http.response.status_code": answer.status})
                return answer
        except AddressRefused as error:
            raise Unreachable(str(error)) from error
        except (*FAILED, OSError) as error:
            raise Unreachable(f"No answer: {type(error).__name__}.") from error

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = httpx.URL(url)  # encodes the host's name as IDNA and the path as UTF-8
        target = httpcore.URL(
            scheme=parts.raw_scheme, host=parts.raw_host, port=parts.port, target=parts.raw_path
        )
        sent = {"accept-encoding": "identity", "user-agent": "shop-webhooks", **headers}
        async with asyncio.timeout(TOTAL_TIMEOUT.total_seconds()):
            async with self._pool.stream("POST", target, headers=sent, content=body) as answer:
                await _read(answer)
                said = {name.lower(): value for name, value in answer.headers}
        pause = requested_pause(said.get(b"retry-after", b"").decode("latin-1"))
        return Answer(answer.status, pause)


async def _read(answer: httpcore.Response) -> None:
    """Read the content, so that the connection can be used again; of a long one, a part."""
    length = 0
    async for chunk in answer.aiter_stream():
        length += len(chunk)
        if length > LONGEST_ANSWER:
            break


class _AllowedAddresses(httpcore.AnyIOBackend):
    """Connects to allowed addresses alone.

    Judged here and not before, so that no second look-up can have another result. TLS still
    compares the certificate with the host's name.
    """

    async def connect_tcp(
        self, host: str, port: int, timeout: float | None = None, **options: Any
    ) -> httpcore.AsyncNetworkStream:
        refused: Exception | None = None
        for address in await allowed_addresses(host, port):
            try:
                return await super().connect_tcp(address, port, timeout, **options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                refused = error
        assert refused is not None
        raise refused
