"""The page on which a customer follows an order, its feed, and the code to pay by."""

from asgiref.sync import sync_to_async
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_safe

from bus import feed
from orders import followed, selectors
from orders.models import Order
from orders.stages import story
from orders.summary import summary_of
from shop import addresses, languages, qr
from shop.models import Product


@require_safe
@never_cache
def order_page(request: HttpRequest, token: str) -> HttpResponseBase:
    """The page of the order whose link this is; `noindex`, since the link is a secret."""
    order = _order(token)
    mark = followed.mark_of(order)
    products = Product.objects.in_bulk([line.sku for line in order.frozen_lines], field_name="sku")
    context = followed.context(order, story(order), token) | {
        "mark": mark,
        "address": addresses.lines(order, order.name),
        "lines": [(line, products.get(line.sku)) for line in order.frozen_lines],
        "summary": summary_of(order),
    }
    return _unlisted(render(request, "orders/order_page.html", context))


@require_safe
@never_cache
def order_progress(_request: HttpRequest, token: str) -> HttpResponseBase:
    """The parts of the page that change, for pages without a stream."""
    order = _order(token)
    mark = followed.mark_of(order)
    return _unlisted(JsonResponse(followed.parts_of(order, _viewed(order, token), mark)))


@require_GET
async def order_stream(request: HttpRequest, token: str) -> HttpResponseBase:
    """The same as server-sent events whenever the order moves on; see `bus.feed.stream`."""
    order = await sync_to_async(_order)(token)
    return _unlisted(await feed.stream(request, followed.news, _viewed(order, token)))


@require_safe
def girocode(_request: HttpRequest, token: str) -> HttpResponseBase:
    """The QR code by which banking apps fill in the transfer, as SVG; 404 if there is none."""
    order = _order(token)
    transfer = followed.payment_of(order, story(order))
    if transfer is None or not transfer.girocode:
        raise Http404
    response = HttpResponse(qr.svg(transfer.girocode), content_type="image/svg+xml")
    response["Cache-Control"] = "private, max-age=300"
    return _unlisted(response)


def _order(token: str) -> Order:
    order = selectors.order_of_link(token)
    if order is None:
        raise Http404
    return order


def _viewed(order: Order, token: str) -> followed.Viewed:
    return followed.Viewed(str(order.number), token, languages.chosen())


def _unlisted(response: HttpResponseBase) -> HttpResponseBase:
    response["X-Robots-Tag"] = "noindex"
    return response
