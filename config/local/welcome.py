"""What `up` prints once the shop runs: addresses, logins, a command that places an order."""

import json
from uuid import uuid4

from django.conf import settings
from django.urls import reverse

from config.flower import flower_login
from shop.selectors import example

PAGES = (
    ("Shop", "front"),
    ("API", "docs"),
    ("Products", "products"),
    ("Admin", "admin:index"),
    ("Console", "admin:bus_console_changelist"),
    ("Live figures", "analytics:dashboard"),
    ("For developers", "about"),
)


def welcome(login: str) -> list[str]:
    """The lines; `login` says how to get into the admin."""
    lines = [f"  {name:15} {settings.SITE_URL}{reverse(view)}" for name, view in PAGES]
    if settings.WITH_FLOWER:
        lines.append(f"  {'Flower':15} {_flower()}")
    if settings.BUS_METRICS_PORT:
        lines.append(f"  {'Metrics':15} http://localhost:{settings.BUS_METRICS_PORT}/metrics")
    lines.append(f"  {'Login':15} {login}")
    folder = getattr(settings, "EMAIL_FILE_PATH", None)
    lines.append(f"  {'Mail':15} {folder if folder else settings.EMAIL_HOST}")
    return ["", "The shop is running.", "", *lines, "", *_how_to_order(), ""]


def _flower() -> str:
    user, _, password = flower_login().partition(":")
    shown = "login from FLOWER_AUTH" if settings.FLOWER_AUTH else f"{user} / {password}"
    return f"http://localhost:{settings.FLOWER_PORT}/  ({shown})"


def _how_to_order() -> list[str]:
    product = example()
    if product is None:
        return ["The catalogue is empty. Add products in the admin."]
    return ["Place an order (each order needs a new Idempotency-Key):", "", curl_line(product.sku)]


def curl_line(sku: str) -> str:
    """A curl command that orders one piece of a product."""
    body = {
        "email": "ada@example.com",
        "name": "Ada Lovelace",
        "shipping_address": {
            "line1": "12 Example Street",
            "postal_code": "10115",
            "city": "Berlin",
            "country": "DE",
        },
        "lines": [{"sku": sku, "quantity": 1}],
    }
    text = json.dumps(body)
    return (
        f"curl -X POST {settings.SITE_URL}{reverse('checkout')} "
        f"-H 'Content-Type: application/json' -H 'Idempotency-Key: {uuid4()}' -d '{text}'"
    )
