"""The pages that the law asks of a seller: imprint, terms, withdrawal, privacy."""

from types import SimpleNamespace

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe
from django_countries import countries

from shop import addresses
from shop.models import LegalText


@require_safe
def legal_page(request: HttpRequest, kind: str) -> HttpResponse:
    """The seller's text, if there is one; an imprint begins with the seller of the settings."""
    if kind not in LegalText.Kind.values:
        raise Http404
    seller = settings.SELLER
    context = {
        "title": LegalText.Kind(kind).label,
        "text": LegalText.objects.filter(kind=kind).values_list("text", flat=True).first(),
        "is_imprint": kind == LegalText.Kind.IMPRINT,
        "is_demo": settings.DEBUG,
        "seller": seller,
        "address": [*addresses.lines(SimpleNamespace(**seller)), countries.name(seller["country"])],
    }
    return render(request, "shop/legal.html", context)
