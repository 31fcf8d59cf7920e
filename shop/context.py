"""What every page of the shop shows."""

from django.conf import settings
from django.http import HttpRequest


def shop(request: HttpRequest) -> dict[str, str]:  # noqa: ARG001 -- a context processor's signature
    """`shop_name` and `seller_name`, from the settings."""
    return {"shop_name": settings.SHOP_NAME, "seller_name": settings.SELLER["name"]}
