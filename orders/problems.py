"""Why orders refuse a request, as problem details."""

from collections.abc import Iterator
from typing import Any, Self

from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError

from orders import services
from shop.problems import OutcomeUnknown, Problem
from shop.schema import EXAMPLE_SKU


class InvalidKey(Problem):
    slug = "invalid-idempotency-key"
    title = "The Idempotency-Key cannot be used"
    meaning = "It takes 1 to 255 printable ASCII characters. Nothing was saved."
    default_detail = "Idempotency-Key takes 1 to 255 printable ASCII characters."
    errors = [{"header": "Idempotency-Key", "detail": "1 to 255 printable ASCII characters."}]


class ReusedKey(Problem):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    slug = "idempotency-key-reused"
    title = "The Idempotency-Key was used before"
    meaning = "It came with another body. Take a new key for a new order. Nothing was saved."
    default_detail = "This Idempotency-Key came with another body before; take a new key."
    errors = [{"header": "Idempotency-Key", "detail": "Take a new key for another body."}]


class FirstStillRuns(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "still-running"
    title = "The first request still runs"
    meaning = "Repeat after the seconds in Retry-After with the same key: it answers the one order."
    default_detail = "Repeat with the same key: it answers the one order, or places it."
    wait = 2


class SoldOut(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "out-of-stock"
    title = "Some goods are not available"
    meaning = (
        "Each entry of errors points to a line, and names its SKU and the pieces available. "
        "Nothing was saved; order no more than these."
    )
    default_detail = "Nothing was saved. Order no more than the pieces available."
    errors = [
        {
            "pointer": "#/lines/0/quantity",
            "detail": f"{EXAMPLE_SKU}: 1 piece is available.",
            "sku": EXAMPLE_SKU,
            "available": 1,
        }
    ]


class CannotBeCancelled(Problem):
    status_code = status.HTTP_409_CONFLICT
    slug = "not-cancellable"
    title = "The order cannot be cancelled"
    meaning = "The goods have been sent already. Nothing was changed."
    default_detail = "The goods have been sent already."


class MayBePlaced(OutcomeUnknown):
    """A checkout of which nobody knows whether it is an order."""

    @classmethod
    def with_key(cls) -> Self:
        problem = cls(
            "The order may have been placed. Ask again with the same Idempotency-Key: it answers "
            "the one order, or places it."
        )
        problem.wait = 2
        return problem

    @classmethod
    def without_key(cls, order: str) -> Self:
        problem = cls(
            "The order may have been placed. Do not send it again: without an Idempotency-Key that "
            "could order twice. Ask at the address in order: if it is still 404 in a minute, "
            "nothing was saved, and it can be sent again, best with a key."
        )
        problem.more = {"order": order}
        return problem


class MayBeCancelled(OutcomeUnknown):
    """A cancellation of which nobody knows whether it was saved."""

    default_detail = "The order may have been cancelled. Ask again: to repeat it changes nothing."
    wait = 2


def as_problem(error: Exception, body: Any) -> APIException:
    """The refusal that a service's error becomes; `body` is the request's, to point into it."""
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
        case services.OutOfStock():
            refusal = SoldOut()
            refusal.errors = list(_short(error, body))
            return refusal
    raise error


def _short(error: services.OutOfStock, body: Any) -> Iterator[dict[str, Any]]:
    """One for each line of what is short: the same SKU may be on several."""
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
        index: {"sku": "There is no such product, or it is not for sale."}
        for index, line in enumerate(body["lines"])
        if line["sku"].strip() in error.skus
    }
