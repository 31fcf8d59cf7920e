"""The admin's theme. Its colours are teal, as in the shop's mails, pages and documents."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy

ICON = "shop/favicon.svg"
"""The shop's bag, as on customers' pages."""

COLORS = {
    # The grounds and texts of the pages, as in shop/static/shop/shop.css.
    "base": {
        "50": "#f7faf9",
        "100": "#edf3f1",
        "200": "#dde7e4",
        "300": "#c3d1cd",
        "400": "#93a8a2",
        "500": "#5c6f6a",
        "600": "#465854",
        "700": "#30423e",
        "800": "#1e2e2b",
        "900": "#14211f",
        "950": "#0c1514",
    },
    "primary": {
        "50": "#f0fdfa",
        "100": "#ccfbf1",
        "200": "#99f6e4",
        "300": "#5eead4",
        "400": "#2dd4bf",
        "500": "#14b8a6",
        "600": "#0f766e",
        "700": "#115e59",
        "800": "#134e4a",
        "900": "#103f3c",
        "950": "#042f2e",
    },
}


def unfold(shop_name: str) -> dict[str, Any]:
    """The theme's settings."""
    return {
        "SITE_TITLE": shop_name,
        "SITE_HEADER": shop_name,
        "SITE_ICON": lambda _request: static(ICON),
        "SITE_FAVICONS": [
            {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static(ICON)}
        ],
        "ACCOUNT": {
            "navigation": [{"title": "Second factor", "link": reverse_lazy("admin:factor")}]
        },
        "SIDEBAR": {"navigation": "config.navigation.navigation"},
        "DASHBOARD_CALLBACK": "config.home.home",
        "STYLES": [lambda _request: static("config/admin.css")],
        "SCRIPTS": [
            lambda _request: static("shop/submit.js"),
            lambda _request: static("config/labels.js"),
        ],
        "COLORS": COLORS,
    }
