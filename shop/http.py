"""HTTP calls to a service of others, and what its answers mean for a delivery (RFC 9110)."""

import asyncio
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus

import httpx
from django.conf import settings

from bus import TryLater, spans
from bus.spans import Kind

LONGEST_ANSWER = 64 * 1024
"""Bytes of a response that are read, so that its connection can be reused. A longer response is
cut, and its connection closed."""

LONGEST_PAUSE = timedelta(hours=6)
"""The longest Retry-After that is honoured; a longer one is cut to this."""

BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


class ServiceUnavailable(ConnectionError):
    """The service did not answer, or had a transient error. It may have the request."""


class ServiceRefused(RuntimeError):
    """The service refused the request; a retry would be refused again."""


@cache
def trusted_authorities() -> ssl.SSLContext:
    """The authorities that httpx trusts; cached, since reading them takes longer than a call."""
    return httpx.create_ssl_context(trust_env=False)


@contextmanager
def http_service(setting: str, timeout: timedelta) -> Iterator["HttpService"]:
    """The service whose URL is in the setting of this name, with one kept-alive connection.

    `timeout` is for the whole call, from the name lookup to the response's last byte.
    """
    # An event loop, since only asyncio can limit a call's total duration.
    with asyncio.Runner() as runner:
        client = httpx.AsyncClient(
            follow_redirects=False,
            timeout=timeout.total_seconds(),
            verify=trusted_authorities(),
            # Settings come from one place: no proxies or passwords from the environment.
            trust_env=False,
        )
        try:
            yield HttpService(setting, timeout, runner, client)
        finally:
            runner.run(client.aclose())


class HttpService:
    """See `http_service`."""

    def __init__(
        self, setting: str, timeout: timedelta, runner: asyncio.Runner, client: httpx.AsyncClient
    ) -> None:
        self._setting = setting
        self._timeout = timeout
        self._runner = runner
        self._client = client

    def post(self, body: bytes, key: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Send JSON, with the key as `Idempotency-Key`; return the content of a 2xx.

        Content is cut to `LONGEST_ANSWER`. Errors name the setting and the status, never content.

        Raises:
            TryLater: 429 or 503 with a Retry-After.
            ServiceUnavailable: no answer in time; 408, 425, 429 or 5xx.
            ServiceRefused: any other status. Redirects are not followed: what is sent goes only to
                the host in the settings.
            ValueError: the setting is empty, or is no web address.
        """
        try:
            with spans.span("POST", Kind.CLIENT, attributes={"setting": self._setting}) as span:
                answer, content = self._runner.run(
                    self._post(body, {"idempotency-key": key, **(headers or {})})
                )
                span.set({"http.response.status_code": answer.status_code})
        except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
            raise ValueError(f"{self._setting} must begin with https:// or http://.") from error
        except (httpx.TransportError, TimeoutError) as error:
            raise ServiceUnavailable(
                f"{self._setting} did not answer: {type(error).__name__}."
            ) from error
        self._judge(answer.status_code, answer.headers)
        return content

    async def _post(self, body: bytes, headers: Mapping[str, str]) -> tuple[httpx.Response, bytes]:
        sent = {"content-type": "application/json", "accept-encoding": "identity", **headers}
        url = getattr(settings, self._setting)
        async with asyncio.timeout(self._timeout.total_seconds()):
            async with self._client.stream("POST", url, content=body, headers=sent) as answer:
                content = b""
                async for chunk in answer.aiter_raw():
                    content += chunk
                    if len(content) > LONGEST_ANSWER:
                        break
        return answer, content[:LONGEST_ANSWER]

    def _judge(self, status: int, headers: Mapping[str, str]) -> None:
        if 200 <= status < 300:
            return
        said = f"{self._setting} answered {status}"
        pause = requested_pause(headers.get("retry-after", ""))
        if status in BUSY and pause is not None:
            raise TryLater(f"{said} with Retry-After.", pause)
        if status in PASSING or status >= 500:
            raise ServiceUnavailable(f"{said}.")
        if 300 <= status < 400:
            raise ServiceRefused(
                f"{said}. Redirects are not followed: if its target is right, "
                f"set {self._setting} to it."
            )
        raise ServiceRefused(f"{said}.")


def requested_pause(retry_after: str) -> timedelta | None:
    """Retry-After in seconds or as an HTTP date (RFC 9110 10.2.3); None if it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), LONGEST_PAUSE.total_seconds())
        return timedelta(seconds=seconds)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max(until - datetime.now(UTC), timedelta(0)), LONGEST_PAUSE)
