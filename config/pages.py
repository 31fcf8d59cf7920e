"""A system check of the admin's pages, which only the web server loads by itself."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.checks import check_admin_app
from django.core.checks import CheckMessage, Tags, register


@register(Tags.admin)
def check_pages(app_configs: Any, **_options: Any) -> list[CheckMessage]:
    """Load the admin's pages, and run Django's checks of them."""
    admin.autodiscover()
    found: list[CheckMessage] = check_admin_app(app_configs)
    return found
