"""The pages on which customers find products: front page, catalogue, product."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.conf import settings
from django.core.paginator import Page
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from shop.availability import available
from shop.models import Product
from shop.search import NEWEST, SORTS, Search
from shop.selectors import categories_on_show, on_show

NEWEST_SHOWN = 8
ALIKE_SHOWN = 4
FEW = 5
"""So many pieces or fewer are counted for the customer."""


class Stock(NamedTuple):
    """What customers are told of a product's stock; `kind` is the badge's class."""

    text: str
    kind: str
    schema: str
    """The last part of the schema.org address."""


def stock_hint(pieces: int | None) -> Stock | None:
    """The hint for so many available pieces; None if no app counts them."""
    if pieces is None:
        return None
    if pieces <= 0:
        return Stock(_("Sold out"), "bad", "OutOfStock")
    if pieces <= FEW:
        text = ngettext("Only %(count)d left", "Only %(count)d left", pieces)
        return Stock(text % {"count": pieces}, "few", "LimitedAvailability")
    return Stock(_("In stock"), "good", "InStock")


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    """The shop's first page: its categories and newest products."""
    newest = list(on_show().order_by("-id")[:NEWEST_SHOWN])
    context = {
        "categories": categories_on_show(),
        "cards": _cards(newest),
        "newest_url": Search(sort=NEWEST).address(),
    }
    return render(request, "shop/front.html", context)


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """All products, or those that a search finds; 404 for an unknown category."""
    search = Search.of(request.GET)
    categories = categories_on_show()
    category = next((one for one in categories if one.slug == search.category), None)
    unknown = bool(search.category) and category is None
    page = None if unknown else search.found(category)
    context: dict[str, Any] = {
        "search": search,
        "category": category,
        "unknown": unknown,
        "all_url": search.address(category=""),
        "unsearched_url": search.address(q=""),
        "categories": [(one, search.address(category=one.slug)) for one in categories],
        "sorts": [(value, label) for value, (label, _columns) in SORTS.items()],
        "page": page,
        "cards": _cards(list(page or [])),
        "count": page.paginator.count if page else 0,
    }
    if page and page.has_other_pages():
        context["pages"] = _pages(search, page)
    if page and page.has_previous():
        context["previous_url"] = search.address(page=page.previous_page_number())
    if page and page.has_next():
        context["next_url"] = search.address(page=page.next_page_number())
    status = 404 if unknown else 200
    return render(request, "shop/catalogue.html", context, status=status)


@require_safe
def product(request: HttpRequest, sku: str) -> HttpResponse:
    """One product; 404 if it is not on sale."""
    found = on_show().filter(sku=sku).first()
    if found is None:
        if sku != sku.upper() and on_show().filter(sku=sku.upper()).exists():
            return redirect("product", sku.upper(), permanent=True)
        raise Http404
    alike = list(_alike(found))
    pieces = available([one.sku for one in (found, *alike)])
    left = pieces.get(found.sku)
    context = {
        "product": found,
        "site_url": settings.SITE_URL,
        "stock": stock_hint(left),
        "sold_out": left is not None and left <= 0,
        "most": min(settings.PIECES_PER_LINE, left or settings.PIECES_PER_LINE),
        "cards": [(one, stock_hint(pieces.get(one.sku))) for one in alike],
    }
    return render(request, "shop/product.html", context)


def _pages(search: Search, page: Page[Product]) -> list[tuple[int | str, str]]:
    """The first, the last and the neighbouring pages with links; "…" without one for the rest."""
    paginator = page.paginator
    numbers = paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    return [(one, search.address(page=one) if isinstance(one, int) else "") for one in numbers]


def _alike(found: Product) -> Sequence[Product]:
    """Others of its category: those that were added after it, else the newest."""
    if found.category_id is None:
        return []
    others = on_show().filter(category=found.category_id).exclude(pk=found.pk)
    return list(others.order_by("-id")[:ALIKE_SHOWN])


def _cards(products: Sequence[Product]) -> list[tuple[Product, Stock | None]]:
    """The products with their stock, counted in one query for all."""
    pieces = available([one.sku for one in products])
    return [(one, stock_hint(pieces.get(one.sku))) for one in products]
