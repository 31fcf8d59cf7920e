"""The page on which a customer follows an order."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from bus.selectors import reactions, settled
from orders import selectors
from orders.models import Order
from shop import addresses

WORDS = {
    "done": ("good", "done"),
    "dead": ("bad", "delayed, we are looking into it"),
    "discarded": ("", "not needed"),
}
"""What a customer is told of a reaction's state; everything else is under way."""


@require_safe
@never_cache
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """The order to whoever has its link; search engines are asked to stay away."""
    order = selectors.order_of_link(token)
    if order is None:
        raise Http404
    context = {
        "shop_name": settings.SHOP_NAME,
        "order": order,
        "address": addresses.lines(order, order.name),
        "settled": settled(str(order.number)),
        "steps": _steps(order),
        "reactions": _in_words(str(order.number)),
        "invoice": reverse("order", args=[token]) + "invoice.pdf",
    }
    response = render(request, "orders/order_page.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response


def _steps(order: Order) -> list[tuple[str, object]]:
    told = [
        ("Order placed", order.placed_at),
        ("Goods set aside", order.reserved_at),
        ("Goods on their way", order.shipped_at),
        ("Order cancelled", order.cancelled_at),
    ]
    return [(words, at) for words, at in told if at]


def _in_words(number: str) -> list[dict[str, object]]:
    """Each reaction by its own name: orders need not know who listens."""
    found = []
    for reaction in reactions(number):
        tone, words = WORDS.get(reaction.state, ("", "under way"))
        name = reaction.reaction.replace("_", " ").capitalize()
        found.append({"name": name, "tone": tone, "words": words, "at": reaction.at})
    return found
