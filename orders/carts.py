"""The customer's cart: SKUs and quantities in one signed cookie, without a session and a row.

A cookie that is forged, broken or too old is an empty cart. Prices in it are only what the customer
saw: a checkout takes those of the catalogue.
"""

import re
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Self
from urllib.parse import quote, unquote

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest

from orders.models import LARGEST_QUANTITY, MOST_LINES
from shop.money import plain
from shop.text import is_plain

COOKIE = "cart"
KEPT = timedelta(days=30)
"""Since the last change."""

LONGEST_COOKIE = 3_800
"""Characters. Browsers keep 4,096 bytes for a cookie with its name and attributes (RFC 6265)."""

LONGEST_SKU = 32
"""Characters, as in the catalogue."""

REPEATED_WITHIN = 1_000
"""Milliseconds in which the same product, put in again, is a double click and no second wish."""

KEY = re.compile(r"[A-Za-z0-9_-]{22}")
LINE = re.compile(r"([^*!]{1,300})\*([1-9][0-9]{0,3})\*([0-9]{1,9}(?:\.[0-9]{1,3})?)")

_signer = TimestampSigner(salt="orders.carts")


class CartIsFull(ValueError):
    """More lines or pieces than an order may have, or more than fits into the cookie."""


@dataclass(frozen=True)
class Wish:
    """How many of one product, and the unit price that the customer was shown."""

    quantity: int
    price: Decimal


def new_key() -> str:
    """128 random bits: the idempotency key of the order that is bought from a cart."""
    return secrets.token_urlsafe(16)


@dataclass(frozen=True)
class Cart:
    """Wishes by SKU, in the order in which they were put in.

    `key` is the same from the first line until its order is placed, so that a checkout that is
    opened again after a lost response can place no second order.
    """

    lines: Mapping[str, Wish] = field(default_factory=dict)
    key: str = field(default_factory=new_key)
    last_added: str = ""
    last_at: int = 0
    """Unix time in milliseconds."""

    @property
    def pieces(self) -> int:
        return sum(wish.quantity for wish in self.lines.values())

    def added(self, sku: str, quantity: int, price: Decimal) -> Self:
        """With so many pieces more; unchanged if just as many were added just before.

        Raises:
            CartIsFull: see `changed`.
        """
        wish, now = f"{quantity}*{sku}", int(time.time() * 1000)
        just_now = wish == self.last_added and 0 <= now - self.last_at <= REPEATED_WITHIN
        if just_now and sku in self.lines:
            return self
        before = self.lines[sku].quantity if sku in self.lines else 0
        cart = self.changed(sku, before + quantity, price)
        return replace(cart, last_added=wish, last_at=now)

    def changed(self, sku: str, quantity: int, price: Decimal) -> Self:
        """With exactly so many pieces; without the line for 0.

        Raises:
            CartIsFull: too many lines or pieces, also by PIECES_PER_LINE and PIECES_PER_ORDER. Less
                of what is in the cart is never refused.
        """
        if quantity <= 0:
            return self.without(sku)
        cart = replace(self, lines={**self.lines, sku: Wish(quantity, price)})
        grows = sku not in self.lines or quantity > self.lines[sku].quantity
        if grows and not cart.fits(sku):
            raise CartIsFull(sku)
        return cart

    def without(self, *skus: str) -> Self:
        left = {sku: wish for sku, wish in self.lines.items() if sku not in skus}
        return replace(self, lines=left)

    def after(self, bought: Mapping[str, int]) -> Self:
        """What is left of it for another order, once so many pieces of each SKU are bought."""
        left = {
            sku: replace(wish, quantity=rest)
            for sku, wish in self.lines.items()
            if (rest := wish.quantity - bought.get(sku, 0)) > 0
        }
        return replace(self, lines=left, key=new_key())

    def fits(self, sku: str) -> bool:
        return (
            self.lines[sku].quantity <= min(settings.PIECES_PER_LINE, LARGEST_QUANTITY)
            and self.pieces <= settings.PIECES_PER_ORDER
            and len(self.lines) <= MOST_LINES
            and len(signed(self)) <= LONGEST_COOKIE
        )


def written(lines: Mapping[str, Wish]) -> list[str]:
    """Each line as `SKU*quantity*price`, for the cookie and for forms."""
    return [
        f"{quote(sku, safe='')}*{wish.quantity}*{plain(wish.price, settings.CURRENCY)}"
        for sku, wish in lines.items()
    ]


def parsed(texts: Iterable[str]) -> dict[str, Wish]:
    """The lines that `written` wrote; what it did not write is left out."""
    found = [match for text in texts if (match := LINE.fullmatch(text))][:MOST_LINES]
    lines = {unquote(one[1]): Wish(int(one[2]), Decimal(one[3])) for one in found}
    # The checks of the request have seen the quoted text: a NUL would reach the database.
    return {sku: wish for sku, wish in lines.items() if _may_be_sku(sku)}


def _may_be_sku(text: str) -> bool:
    """As the API has it: what is not cannot be in the catalogue."""
    return len(text) <= LONGEST_SKU and is_plain(text)


def signed(cart: Cart) -> str:
    head = [cart.key, settings.CURRENCY, quote(cart.last_added, safe="*"), str(cart.last_at)]
    return _signer.sign("!".join([*head, *written(cart.lines)]))


def cart_of(request: HttpRequest) -> Cart:
    """The cart in the request's cookie; a new, empty one if there is none that is valid."""
    try:
        text = _signer.unsign(request.COOKIES.get(COOKIE, ""), max_age=KEPT)
        key, currency, added, at, *lines = text.split("!")
        # Prices of another currency say nothing about today's.
        if currency == settings.CURRENCY:
            return Cart(parsed(lines), key, unquote(added), int(at))
    except (BadSignature, ValueError):
        pass
    return Cart()


def keep(response: Any, cart: Cart) -> Any:
    """The response, which sets the cookie; it deletes the cookie of an empty cart."""
    if not cart.lines:
        response.delete_cookie(COOKIE, samesite="Lax")
        return response
    response.set_cookie(
        COOKIE,
        signed(cart),
        max_age=KEPT,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response
