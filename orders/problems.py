"""The problem types of orders (RFC 9457), and the service error each one stands for."""

from collections.abc import Iterator
from typing import Any, Self

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from orders import services
from shop.money import plain
from shop.problems import OutcomeUnknown, Problem
from shop.schema import EXAMPLE_SKU


class InvalidKey(Problem):
    slug = "invalid-idempotency-key"
    title = "The Idempotency-Key is not valid"
    meaning = "It must be 1 to 255 printable ASCII characters. Nothing was saved."
    default_detail = "Idempotency-Key must be 1 to 255 printable ASCII characters."
    errors = [{"header": "Idempotency-Key", "detail": "1 to 255 printable ASCII characters."}]


class ReusedKey(Problem):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used before"
    meaning = "It was sent with another body. Use a new key for a new order. Nothing was saved."
    default_detail = "This Idempotency-Key was sent with another body before; use a new key."
    errors = [{"header": "Idempotency-Key", "detail": "Use a new key for another body."}]


class FirstStillRuns(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "still-running"
    title = "The first request is still running"
    meaning = "Repeat with the same key after the seconds in Retry-After to get the order."
    default_detail = "Repeat with the same key: the response is the order, placed once."
    wait = 2


class SoldOut(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "out-of-stock"
    title = "Some goods are not available"
    meaning = (
        "Each entry of errors points to a line and names its SKU and the pieces available. "
        "Nothing was saved; order at most that many."
    )
    default_detail = "Nothing was saved. Order at most the pieces available."
    errors = [
        {
            "pointer": "#/lines/0/quantity",
            "detail": f"{EXAMPLE_SKU}: 1 piece is available.",
            "sku": EXAMPLE_SKU,
            "available": 1,
        }
    ]


class PriceChanged(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "price-changed"
    title = "The order has another total"
    meaning = (
        "It is not the expected_total of the request, or not in its currency. The problem has both "
        "totals, and the currency of each. Nothing was saved. Show the customer the total, and "
        "repeat with it."
    )
    default_detail = "The total is 24.00 EUR, not 22.00 EUR. Nothing was saved."
    more = {
        "expected_total": "22.00",
        "expected_currency": "EUR",
        "total": "24.00",
        "currency": "EUR",
    }

    @classmethod
    def of(cls, error: services.PriceChanged) -> Self:
        problem = cls(f"{error} Nothing was saved.")
        problem.more = {
            "expected_total": plain(*error.expected),
            "expected_currency": error.expected.currency,
            "total": plain(*error.total),
            "currency": error.total.currency,
        }
        return problem


class CannotBeCancelled(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "not-cancellable"
    title = "The order cannot be cancelled"
    meaning = "The goods have been sent already. Nothing was changed."
    default_detail = "The goods have been sent already."


class MayBePlaced(OutcomeUnknown):
    """A checkout whose outcome is unknown: it may have placed an order."""

    @classmethod
    def with_key(cls) -> Self:
        problem = cls(
            "The order may have been placed. Repeat with the same Idempotency-Key: the response "
            "is the order, placed once."
        )
        problem.wait = 2
        return problem

    @classmethod
    def without_key(cls, order: str) -> Self:
        problem = cls(
            "The order may have been placed. Do not repeat the request: without an "
            "Idempotency-Key that could place a second order. Get the address in order: if it is "
            "still 404 after a minute, nothing was saved, and the request can be repeated, "
            "preferably with a key."
        )
        problem.more = {"order": order}
        return problem


class MayBeCancelled(OutcomeUnknown):
    """A cancellation whose outcome is unknown."""

    default_detail = "The order may have been cancelled. Repeat: a second time changes nothing."
    wait = 2


def as_problem(error: Exception, body: Any) -> APIException:
    """The problem for a service's error. `errors` point into `body`, the request's.

    Raises:
        the error itself, if there is no problem for it.
    """
    match error:
        case services.BadKey():
            return InvalidKey(str(error))
        case services.KeyReused():
            return ReusedKey(str(error))
        case services.StillRunning():
            return FirstStillRuns()
        case services.NotCancellable():
            return CannotBeCancelled(str(error))
        case services.UnknownProducts():
            return ValidationError({"lines": _unknown(error, body)})
        case services.PriceChanged():
            return PriceChanged.of(error)
        case services.OutOfStock():
            refusal = SoldOut()
            refusal.errors = list(_short(error, body))
            return refusal
    raise error


def _short(error: services.OutOfStock, body: Any) -> Iterator[dict[str, Any]]:
    """One entry for each line that is short; several lines may have the same SKU."""
    available = {shortage.sku: shortage.available for shortage in error.shortages}
    for index, line in enumerate(body["lines"]):
        sku = line["sku"].strip()
        if sku in available:
            pieces = available[sku]
            said = "1 piece is" if pieces == 1 else f"{pieces or 'no'} pieces are"
            yield {
                "pointer": f"#/lines/{index}/quantity",
                "detail": f"{sku}: {said} available.",
                "sku": sku,
                "available": pieces,
            }


def _unknown(error: services.UnknownProducts, body: Any) -> dict[int, dict[str, str]]:
    return {
        index: {"sku": "Unknown product, or not for sale."}
        for index, line in enumerate(body["lines"])
        if line["sku"].strip() in error.skus
    }
