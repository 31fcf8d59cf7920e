"""What the warehouse's status codes mean for a delivery (RFC 9110)."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from bus import TryLater
from fulfillment.warehouse.protocol import WarehouseRefused, WarehouseUnavailable

LONGEST_PAUSE = timedelta(hours=6)
"""The longest Retry-After that is honoured; a longer one is cut to this."""

BUSY = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
PASSING = (HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS)


def judge(status: int, headers: Mapping[str, str]) -> None:
    """Return if the warehouse has accepted (2xx). Errors name the status, never the content.

    Raises:
        TryLater: 429 or 503 with a Retry-After.
        WarehouseUnavailable: 408, 425, 429 or 5xx.
        WarehouseRefused: anything else. Redirects are not followed: a signed message with an
            address goes only to the host in the settings.
    """
    if 200 <= status < 300:
        return
    pause = _pause(headers.get("retry-after", ""))
    if status in BUSY and pause is not None:
        raise TryLater(f"The warehouse answered {status} with Retry-After.", pause)
    if status in PASSING or status >= 500:
        raise WarehouseUnavailable(f"The warehouse answered {status}.")
    if 300 <= status < 400:
        raise WarehouseRefused(
            f"The warehouse answered {status}. Redirects are not followed: if its target is right, "
            "set WAREHOUSE_URL to it."
        )
    raise WarehouseRefused(f"The warehouse answered {status}.")


def _pause(retry_after: str) -> timedelta | None:
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
