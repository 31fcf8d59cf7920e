"""Orders over REST."""

from typing import Any
from uuid import UUID, uuid4

from django.http import Http404
from django.utils.cache import add_never_cache_headers
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse
from rest_framework.views import APIView

from orders import selectors, services
from orders.models import Order, State
from orders.problems import (
    CannotBeCancelled,
    FirstStillRuns,
    InvalidKey,
    MayBeCancelled,
    MayBePlaced,
    PriceChanged,
    ReusedKey,
    SoldOut,
    as_problem,
)
from orders.serializers import (
    CancelSerializer,
    CheckoutSerializer,
    FollowedOrderSerializer,
    OrderSerializer,
)
from shop import links
from shop.commits import DATABASE_AWAY, CommitUnanswered
from shop.problems import NotFound, OutcomeUnknown, TooManyRequests
from shop.schema import EXAMPLE_SKU, refusals

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "A random UUID, a new one for each order. A request repeated with the same key and body "
        "returns the same order, even if the first response was lost. Without a key a repeat may "
        "place a second order. 1 to 255 printable ASCII characters."
    ),
)

CHECKOUT = OpenApiExample(
    "A checkout",
    request_only=True,
    value={
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "language": "en-gb",
        "shipping_address": {
            "line1": "12 Example Street",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
        },
        "lines": [{"sku": EXAMPLE_SKU, "quantity": 1}],
    },
)
CANCEL = OpenApiExample("A reason", request_only=True, value={"reason": "Ordered by mistake"})


class OrderView(APIView):
    """Base of the order views: responses are not cached, and an unknown outcome is reported so."""

    saved = False
    """Set once the change is committed: a database error after it must not say "nothing was
    saved"."""

    def unknown(self) -> OutcomeUnknown:
        """The problem returned when the outcome of the COMMIT is unknown."""
        return OutcomeUnknown()

    def handle_exception(self, error: Exception) -> Response:
        lost = isinstance(error, CommitUnanswered)
        if lost or (self.saved and isinstance(error, DATABASE_AWAY)):
            error = self.unknown()
        return super().handle_exception(error)

    def finalize_response(self, *args: Any, **options: Any) -> Response:
        response = super().finalize_response(*args, **options)
        add_never_cache_headers(response)
        return response

    def order(self, token: str) -> Order:
        order = selectors.order_of_link(token)
        if order is None:
            raise Http404
        return order


class Checkout(OrderView):
    identity: UUID
    """The public id of the order that this request may place."""

    @extend_schema(
        summary="Place an order",
        request=CheckoutSerializer,
        responses={
            201: OrderSerializer,
            **refusals(
                InvalidKey,
                ReusedKey,
                FirstStillRuns,
                PriceChanged,
                SoldOut,
                TooManyRequests,
                OutcomeUnknown,
                body=True,
            ),
        },
        parameters=[IDEMPOTENCY_KEY],
        examples=[CHECKOUT],
    )
    def post(self, request: Request) -> Response:
        """Place an order.

        A repeat with the same Idempotency-Key and body gets 201 and the same order again, as
        draft-ietf-httpapi-idempotency-key-header asks for, marked `Idempotent-Replayed: true`.
        """
        wanted = CheckoutSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        self.identity = uuid4()
        try:
            answer = services.checkout(
                wanted.basket(),
                _repeat(request),
                self.identity,
                budget=services.charge_recipient,
                expected=wanted.expected(),
            )
        except REFUSALS as error:
            raise as_problem(error, request.data) from error
        self.saved = True
        token = links.token_of(answer.order.public_id)
        body = OrderSerializer(answer.order, context=_shown(request, token)).data
        headers = {"Location": body["links"]["self"]}
        if answer.repeated:
            headers["Idempotent-Replayed"] = "true"
        return Response(body, status=status.HTTP_201_CREATED, headers=headers)

    def unknown(self) -> OutcomeUnknown:
        if "Idempotency-Key" in self.request.headers:
            return MayBePlaced.with_key()
        token = links.token_of(self.identity)
        return MayBePlaced.without_key(reverse("order", [token], request=self.request))


class OrderDetail(OrderView):
    @extend_schema(
        summary="One order, and how far it is",
        responses={200: FollowedOrderSerializer, **refusals(NotFound)},
    )
    def get(self, request: Request, token: str) -> Response:
        """One order, and how far it is."""
        order = self.order(token)
        return Response(FollowedOrderSerializer(order, context=_shown(request, token)).data)


class OrderCancel(OrderView):
    def unknown(self) -> OutcomeUnknown:
        return MayBeCancelled()

    @extend_schema(
        summary="Cancel an order",
        request=CancelSerializer,
        responses={
            200: FollowedOrderSerializer,
            **refusals(NotFound, CannotBeCancelled, TooManyRequests, OutcomeUnknown, body=True),
        },
        examples=[CANCEL],
    )
    def post(self, request: Request, token: str) -> Response:
        """Cancel an order that has not been shipped. Cancelling it again changes nothing."""
        wish = CancelSerializer(data=request.data)
        wish.is_valid(raise_exception=True)
        order = self.order(token)
        try:
            order = services.cancel_order(order.pk, wish.validated_data["reason"])
        except services.NotCancellable as error:
            order.refresh_from_db()
            if order.state != State.CANCELLED:
                raise as_problem(error, request.data) from error
        self.saved = True
        return Response(FollowedOrderSerializer(order, context=_shown(request, token)).data)


REFUSALS = (
    services.BadKey,
    services.KeyReused,
    services.OutOfStock,
    services.PriceChanged,
    services.StillRunning,
    services.UnknownProducts,
)


def _shown(request: Request, token: str) -> dict[str, Any]:
    return {"request": request, "token": token}


def _repeat(request: Request) -> services.Repeat | None:
    key = request.headers.get("Idempotency-Key")
    return None if key is None else services.Repeat.of(key, request.data)
