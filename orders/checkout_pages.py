"""The checkout's page: one form, bought once however often it is sent."""

from dataclasses import replace
from http import HTTPStatus
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from django_countries import countries

from orders import selectors, services
from orders.carts import KEY, cart_of, keep, new_key, parsed, written
from orders.checkout_forms import CheckoutForm
from orders.models import Order
from orders.summary import Summary, summarized
from shop import links
from shop.commits import DATABASE_AWAY, CommitUnanswered
from shop.problems import TooManyRequests

CONFLICTS = (
    services.OutOfStock,
    services.PriceChanged,
    services.TooManyPieces,
    services.UnknownProducts,
)
"""Nothing is ordered; the page shows the lines as they are now."""


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def checkout_page(request: HttpRequest) -> HttpResponse:
    """Contact, address and summary on one page.

    The lines, the expected total and the idempotency key stand in the form: what is bought is what
    the page showed, whatever happens to the cart meanwhile.
    """
    if request.method != "POST":
        cart = cart_of(request)
        if not cart.lines:
            return redirect("cart")
        form = CheckoutForm({}, cart.lines)
        if order := selectors.order_of_key(stored(cart.key)):
            # Its response was lost, or the cart would have been emptied.
            return _bought_before(request, form, cart.key, order)
        return _page(request, form, cart.key)
    lines = parsed(request.POST.getlist("line"))
    if not lines:
        return redirect("cart")
    key = request.POST.get("key", "")
    if not KEY.fullmatch(key):
        return _page(request, CheckoutForm(request.POST, lines), new_key())
    if other := next((button for button in BUTTONS if button in request.POST), None):
        return BUTTONS[other](request, CheckoutForm(request.POST, lines), key)
    form = CheckoutForm(request.POST, lines, judged=True)
    if not form.is_valid():
        return _page(request, form, key, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _bought(request, form, key)


@require_safe
def address(request: HttpRequest) -> HttpResponse:
    """The address fields of a country, for the page's script."""
    country = request.GET.get("country", "")
    if country not in countries:
        raise Http404
    form = CheckoutForm({"country": country}, {})
    return render(request, "orders/address.html", {"form": form})


def _bought(request: HttpRequest, form: CheckoutForm, key: str) -> HttpResponse:
    """Place the order and go to its page; whatever is in the way is said."""
    basket, identity = form.basket(), uuid4()
    try:
        repeat = services.Repeat.of(stored(key), form.fingerprinted())
        order = services.checkout(
            basket, repeat, identity, services.charge_recipient, form.expected()
        ).order
    except services.KeyReused:
        order = selectors.order_of_key(stored(key))
        return _bought_before(request, form, key, order, HTTPStatus.CONFLICT)
    except services.StillRunning:
        return _repeatable(request, key, form, "running", HTTPStatus.CONFLICT)
    except CONFLICTS:
        return _page(request, form, key, status=HTTPStatus.CONFLICT)
    except TooManyRequests as error:
        response = _page(request, form, key, status=HTTPStatus.TOO_MANY_REQUESTS, too_many=True)
        response["Retry-After"] = str(error.wait)
        return response
    except CommitUnanswered:
        where = reverse("order-page", args=[links.token_of(identity)])
        return _repeatable(request, key, form, "unknown", HTTPStatus.SERVICE_UNAVAILABLE, where)
    except DATABASE_AWAY:
        return _repeatable(request, key, form, "busy", HTTPStatus.SERVICE_UNAVAILABLE)
    return _emptied(request, key, basket.quantities, _to(order))


def stored(key: str) -> str:
    """The key in the table of keys: a client of the API cannot send it, but by knowing it."""
    return f"page {key}"


def _to(order: Order) -> HttpResponse:
    response = HttpResponseRedirect(reverse("order-page", args=[links.token_of(order.public_id)]))
    response.status_code = HTTPStatus.SEE_OTHER
    return response


def _emptied(request: HttpRequest, key: str, bought: dict[str, int], response: HttpResponse) -> Any:
    """Take what was bought out of the cart; what was added meanwhile stays, under another key."""
    cart = cart_of(request)
    return keep(response, cart.after(bought)) if cart.key == key else response


def _bought_before(
    request: HttpRequest,
    form: CheckoutForm,
    key: str,
    order: Order | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    """The cart has its order already: show that, and the way to a second one.

    With a conflict, what was sent differs from the order.
    """
    if order is None:  # Deleted between two queries: its key went with it.
        return _page(request, form, key)
    context = {
        "form": form,
        "key": key,
        "order": order,
        "order_url": _to(order)["Location"],
        "differs": status == HTTPStatus.CONFLICT,
    }
    return render(request, "orders/bought_before.html", context, status=status)


def _again(request: HttpRequest, form: CheckoutForm, key: str) -> HttpResponse:
    """The same form under a new key; the cart gets it, too."""
    fresh = new_key()
    response = _page(request, form, fresh)
    cart = cart_of(request)
    return keep(response, replace(cart, key=fresh)) if cart.key == key else response


def _adjusted(request: HttpRequest, form: CheckoutForm, key: str) -> HttpResponse:
    """The lines cut to what can be ordered now, in the form and in the cart."""
    possible = summarized(form.lines).possible
    cart = cart_of(request)
    if cart.key == key:
        cart = replace(cart, lines=possible)
    if not possible:
        return keep(redirect("cart"), cart)
    response = _page(request, CheckoutForm(form.values, possible), key)
    return keep(response, cart) if cart.key == key else response


def _for_country(request: HttpRequest, form: CheckoutForm, key: str) -> HttpResponse:
    """The fields of the chosen country; the page's script does it without a reload."""
    return _page(request, form, key)


def _page(
    request: HttpRequest,
    form: CheckoutForm,
    key: str,
    *,
    status: HTTPStatus = HTTPStatus.OK,
    too_many: bool = False,
) -> HttpResponse:
    summary = summarized(form.lines)
    context = {
        "form": form,
        "key": key,
        "summary": summary,
        "lines": written(summary.wishes),
        "total_before": _total_before(form, summary),
        "too_many": too_many,
        "payment_days": settings.PAYMENT_TERMS_DAYS,
    }
    return render(request, "orders/checkout.html", context, status=status)


def _total_before(form: CheckoutForm, summary: Summary) -> services.Price | None:
    """The total that the page showed, if it is another one now."""
    before = form.shown_total()
    now = services.Price(summary.sums.total, summary.currency)
    return before if before is not None and before != now else None


def _repeatable(
    request: HttpRequest,
    key: str,
    form: CheckoutForm,
    reason: str,
    status: HTTPStatus,
    where: str = "",
) -> HttpResponse:
    """A page whose button sends the same again, under the same key. Needs no database."""
    context = {"form": form, "key": key, "reason": reason, "order_url": where}
    response = render(request, "orders/repeat.html", context, status=status)
    response["Retry-After"] = "2"
    return response


BUTTONS = {"again": _again, "adjust": _adjusted, "country_change": _for_country}
"""The form's buttons that buy nothing."""
