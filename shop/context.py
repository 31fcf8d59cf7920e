"""What every page of the shop shows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from shop.models import LegalText


def shop(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 -- a context processor's signature
    """Names from the settings, the language of what the seller writes, and the legal pages."""
    return {
        "shop_name": settings.SHOP_NAME,
        "seller_name": settings.SELLER["name"],
        "seller_language": settings.SELLER_LANGUAGE,
        "legal_pages": LegalText.Kind.choices,
    }
