"""The admin's side bar, grouped by the work of staff."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse, reverse_lazy


def _may(permission: str) -> Callable[[HttpRequest], bool]:
    return lambda request: request.user.has_perm(permission)


def _in_deliveries(request: HttpRequest) -> bool:
    deliveries, failures = (
        reverse(f"admin:bus_{page}_changelist") for page in ("delivery", "failure")
    )
    return request.path.startswith(deliveries) and not request.path.startswith(failures)


def _page(title: str, icon: str, app: str, model: str, permission: str = "") -> dict[str, Any]:
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may(f"{app}.{permission or f'view_{model}'}"),
    }


_GROUPS: list[dict[str, Any]] = [
    {
        "title": "Shop",
        "items": [
            {
                "title": "Live figures",
                "icon": "monitoring",
                "link": reverse_lazy("analytics:dashboard"),
                "permission": _may("analytics.view_dayfigures"),
                # The theme would mark it on each page whose address contains its own.
                "active": lambda _request: False,
            },
            _page("Orders", "shopping_cart", "orders", "order"),
            _page("Erasures", "person_remove", "orders", "erasure"),
            _page("Products", "storefront", "shop", "product"),
            _page("Categories", "category", "shop", "category"),
            _page("Legal texts", "gavel", "shop", "legaltext"),
        ],
    },
    {
        "title": "Warehouse",
        "items": [
            _page("Packing board", "inventory", "fulfillment", "packingboard", "dispatch_shipment"),
            _page("Shipments", "local_shipping", "fulfillment", "shipment"),
            _page("Stock", "shelves", "inventory", "stockitem"),
            _page("Stock movements", "swap_vert", "inventory", "movement"),
            _page("Reservations", "bookmark", "inventory", "reservation"),
        ],
    },
    {
        "title": "Documents and mail",
        "items": [
            _page("Invoices", "receipt_long", "billing", "invoice"),
            _page("Number series", "pin", "billing", "series"),
            _page("Messages", "mail", "notifications", "message"),
        ],
    },
    {
        "title": "Figures",
        "items": [
            _page("Per day", "calendar_month", "analytics", "dayfigures"),
            _page("Per minute", "schedule", "analytics", "minutefigures"),
            _page("Per product", "bar_chart", "analytics", "productfigures"),
            _page("Corrections", "rule", "analytics", "correction"),
        ],
    },
    {
        "title": "Event bus",
        "items": [
            _page("Console", "monitor_heart", "bus", "console", "view_delivery"),
            _page("Events", "bolt", "bus", "event"),
            _page("Failures", "error", "bus", "failure", "view_delivery"),
            # The pages of failures are below its address, and have an entry of their own.
            _page("Deliveries", "move_to_inbox", "bus", "delivery") | {"active": _in_deliveries},
            _page("Subscriptions", "hub", "bus", "subscription"),
            _page("Operator actions", "history", "bus", "operatoraction"),
            _page("Audit", "fact_check", "bus", "auditresult"),
            _page("Endpoints", "webhook", "outlets", "endpoint"),
            _page("Webhooks", "send", "outlets", "webhook"),
        ],
    },
    {
        "title": "People",
        "items": [
            _page("Users", "person", "auth", "user"),
            _page("Groups", "group", "auth", "group"),
        ],
    },
]


def navigation(_request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the side bar; the theme leaves out what the user may not view."""
    return _GROUPS
