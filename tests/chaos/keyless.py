"""Customers who send no Idempotency-Key, and so must not repeat what may have been placed."""

import time
from contextlib import suppress

import httpx

from tests.chaos.purchase import CHECKOUT, RETRY_FOR, Purchase, said_of

SERVER_ERROR = 500
A_MINUTE = 60
"""Seconds after which an order that may have been placed, and is not there, was not."""
NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
MAY_BE = "/api/problems/#outcome-unknown"
BUSY = "/api/problems/#busy"


def order_without_key(http: httpx.Client, purchase: Purchase) -> httpx.Response | None:
    """Order, and again only where nothing was saved, or was said to be."""
    deadline = time.monotonic() + RETRY_FOR
    while time.monotonic() < deadline:
        began = time.time()
        try:
            answer = http.post(CHECKOUT, json=purchase.body)
        except httpx.HTTPError as error:
            purchase.tries.append((began, time.time() - began, type(error).__name__))
            if not isinstance(error, NOTHING_SENT):
                purchase.left_open = True
                return None
        else:
            purchase.tries.append((began, time.time() - began, said_of(answer)))
            if answer.is_success:
                return answer
            problem = answer.json() if "json" in answer.headers["Content-Type"] else {}
            if problem.get("type") == MAY_BE:
                found = _look_up(http, purchase, problem["order"])
                if found or purchase.left_open:
                    return found
            elif problem.get("type") != BUSY and answer.status_code >= SERVER_ERROR:
                purchase.left_open = True
                return None
            if purchase.refused:
                return None
        time.sleep(0.3)
    return None


def _look_up(http: httpx.Client, purchase: Purchase, address: str) -> httpx.Response | None:
    """The order that may have been placed; None where it was not, or it cannot be told."""
    deadline = time.monotonic() + RETRY_FOR
    missing_since = None
    while time.monotonic() < deadline:
        with suppress(httpx.HTTPError):
            answer = http.get(address)
            if answer.is_success:
                return answer
            if answer.status_code == httpx.codes.NOT_FOUND:
                missing_since = missing_since or time.monotonic()
                if time.monotonic() - missing_since > A_MINUTE:
                    return None
        time.sleep(1)
    purchase.left_open = True
    return None
