"""The page on which a customer follows an order."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from orders import selectors
from orders.stages import Progress, story
from shop import addresses

TONES = {Progress.DONE: "good", Progress.DELAYED: "bad"}
WORDS = {Progress.DELAYED: "delayed, we are looking into it"}


@require_safe
@never_cache
def order_page(request: HttpRequest, token: str) -> HttpResponse:
    """The page of the order whose link this is; `noindex`, since the link is a secret."""
    order = selectors.order_of_link(token)
    if order is None:
        raise Http404
    progress = story(order)
    context = {
        "shop_name": settings.SHOP_NAME,
        "order": order,
        "address": addresses.lines(order, order.name),
        "story": progress,
        "steps": [
            (step, TONES.get(step.state, ""), WORDS.get(step.state, step.state))
            for step in progress.steps
        ],
        "documents": reverse("order", args=[token]),
    }
    response = render(request, "orders/order_page.html", context)
    response["X-Robots-Tag"] = "noindex"
    return response
