"""The cart: put in, change, remove. Nothing here writes to the database."""

import re
from itertools import zip_longest
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from orders.carts import Cart, CartIsFull, cart_of, keep
from orders.summary import summarized
from shop.availability import available
from shop.models import Product
from shop.origins import is_from_another_site
from shop.problems import Forbidden
from shop.selectors import sellable
from shop.views import refused


@require_safe
@never_cache
def cart_page(request: HttpRequest) -> HttpResponse:
    """The lines with today's prices, and what has changed since they were put in. Two queries."""
    context = {
        "summary": summarized(cart_of(request).lines),
        "most": settings.PIECES_PER_LINE,
        "payment_days": settings.PAYMENT_TERMS_DAYS,
    }
    return render(request, "orders/cart.html", context)


@csrf_exempt  # Its token would set a cookie on every page that shows a product.
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put `quantity` (1 if not given) of `sku` into the cart, then go to the local path `next`.

    Refused if it comes from another site's page: the browser would not send the cart's cookie with
    it, and a new cart would replace the customer's.
    """
    if is_from_another_site(request):
        return HttpResponseForbidden(refused(Forbidden()))
    cart = cart_of(request)
    sku = request.POST.get("sku", "")[:32]
    product = sellable([sku]).get(sku)
    if product is None:
        messages.error(request, _("This product is not for sale."))
        return redirect("cart")
    quantity = _quantity(request.POST.get("quantity", "1"))
    if not quantity:
        messages.error(request, _not_a_quantity())
        return redirect("cart")
    try:
        cart = cart.added(sku, quantity, product.price)
    except CartIsFull:
        messages.error(request, _full(cart, product.name))
        return redirect("cart")
    short = _short(product, cart.lines[sku].quantity)
    in_it = short or _("In the cart: %(name)s.") % {"name": product.name}
    link = format_html('{} <a href="{}">{}</a>', in_it, reverse("cart"), _("To the cart"))
    messages.add_message(request, messages.WARNING if short else messages.SUCCESS, link)
    return keep(_onward(request), cart)


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Set the quantities that were typed and remove a line (0, or the button `remove`, its SKU).

    Whichever button is pressed, no typed quantity is lost. The button `checkout` goes on to the
    checkout, unless a quantity is refused.
    """
    cart = cart_of(request)
    wanted, refused = _typed(request, cart)
    if "remove" in request.POST:
        wanted[request.POST["remove"]] = 0
    products = sellable(wanted) if wanted else {}
    # Less of one line first: it makes room for more of another.
    growth = {sku: wanted[sku] - cart.lines[sku].quantity for sku in wanted if sku in cart.lines}
    for sku in sorted(growth, key=lambda one: growth[one]):
        product = products.get(sku)
        price = product.price if product else cart.lines[sku].price
        try:
            cart = cart.changed(sku, wanted[sku], price)
        except CartIsFull:
            messages.error(request, _full(cart, product.name if product else sku))
            refused = True
    onward = "checkout" in request.POST and not refused
    return keep(redirect("checkout-page" if onward else "cart"), cart)


def _typed(request: HttpRequest, cart: Cart) -> tuple[dict[str, int], bool]:
    """The quantities by SKU that differ from what the page showed; whether one is no quantity.

    A line that was left alone stays as it is in the cart: another window may have changed it.
    """
    sent = [request.POST.getlist(name) for name in ("sku", "quantity", "shown")]
    wanted, refused = {}, False
    for sku, text, shown in zip_longest(*sent, fillvalue=""):
        if sku not in cart.lines or text == shown or sku == request.POST.get("remove"):
            continue
        quantity = _quantity(text)
        if quantity is None:
            messages.error(request, _not_a_quantity())
            refused = True
        else:
            wanted[sku] = quantity
    return wanted, refused


def _quantity(text: str) -> int | None:
    return int(text) if re.fullmatch("[0-9]{1,4}", text.strip(), re.ASCII) else None


def _onward(request: HttpRequest) -> Any:
    target = request.POST.get("next", "")
    # A path of this shop only: never another host, by whatever spelling.
    local = target.startswith("/") and url_has_allowed_host_and_scheme(target, allowed_hosts=None)
    return HttpResponseRedirect(target) if local else redirect("cart")


def _short(product: Product, wanted: int) -> str:
    """What to say if the cart has more of a product than there is, else empty. One query."""
    pieces = available([product.sku]).get(product.sku)
    if pieces is None or wanted <= pieces:
        return ""
    values = {"name": product.name, "wanted": wanted, "pieces": pieces}
    if not pieces:
        return _("%(name)s is sold out. You have %(wanted)s in the cart.") % values
    return (
        ngettext(
            "%(name)s: you have %(wanted)s in the cart; only %(pieces)s is available.",
            "%(name)s: you have %(wanted)s in the cart; only %(pieces)s are available.",
            pieces,
        )
        % values
    )


def _not_a_quantity() -> str:
    return _("The quantity must be a whole number, from 1 to %(most)s.") % {
        "most": settings.PIECES_PER_LINE
    }


def _full(cart: Cart, name: str) -> str:
    return _(
        "%(name)s: that is more than an order may have. At most %(line)s pieces of one product and "
        "%(order)s in all; there are %(pieces)s in the cart."
    ) % {
        "name": name,
        "line": settings.PIECES_PER_LINE,
        "order": settings.PIECES_PER_ORDER,
        "pieces": cart.pieces,
    }
