"""Every action of the admin: the permission that it asks for, and the groups that have it.

`list` is chosen in a list, for rows; `page` has an address of its own; `post` is a form that a page
for viewers has; `button` stands below a row's form.
"""

from typing import NamedTuple


class Line(NamedTuple):
    permission: str
    roles: tuple[str, ...] = ()


def _by(permission: str, *roles: str) -> Line:
    return Line(permission, roles)


CONSOLE = _by("bus.view_delivery", "operator")

ACTIONS = {
    "list bus_delivery deliver_again": _by("bus.redeliver_delivery", "operator"),
    "list bus_delivery discard": _by("bus.discard_delivery", "operator"),
    "post bus_delivery_bulk deliver_again": _by("bus.redeliver_delivery", "operator"),
    "post bus_delivery_bulk discard": _by("bus.discard_delivery", "operator"),
    "post bus_operatoraction_stop deliver_again": _by("bus.redeliver_delivery", "operator"),
    "post bus_operatoraction_stop discard": _by("bus.discard_delivery", "operator"),
    "post bus_failure_change": _by("bus.change_failurenote", "operator"),
    "list bus_subscription pause": _by("bus.pause_subscription", "operator"),
    "list bus_subscription resume": _by("bus.pause_subscription", "operator"),
    "list bus_subscription retire": _by("bus.retire_subscription", "operator"),
    "page bus_subscription_backfill": _by("bus.backfill_subscription", "operator"),
    "page bus_console_board": CONSOLE,
    "page bus_console_board_stream": CONSOLE,
    "page bus_console_jobs": CONSOLE,
    "page bus_console_map": CONSOLE,
    "page bus_console_matrix": CONSOLE,
    "page bus_console_quarantine": CONSOLE,
    "page bus_console_stream": CONSOLE,
    "page bus_failure_changelist": CONSOLE,
    "page bus_failure_change": CONSOLE,
    "post bus_console_jobs": _by("bus.run_job", "operator"),
    "post bus_console_quarantine": _by("bus.drop_message", "operator"),
    "page auth_user_reset_factor": _by("otp_totp.delete_totpdevice", "operator"),
    "page outlets_endpoint_ping": _by("outlets.change_endpoint", "operator"),
    "page outlets_endpoint_renew_secret": _by("outlets.change_endpoint", "operator"),
    "list outlets_webhook send_again": _by("outlets.resend_webhook", "operator"),
    "page orders_order_cancel": _by("orders.cancel_order", "support"),
    "page orders_order_customers_page": _by("orders.cancel_order", "support"),
    "page orders_order_deliveries": CONSOLE,
    "page orders_order_export_rows": _by("orders.view_order", "accounting", "support", "privacy"),
    "button orders_order save_and_place": _by("orders.place_order", "support"),
    "page orders_erasure_agree": _by("orders.erase_customer", "privacy"),
    "page billing_invoice_pdf": _by("billing.view_invoice", "accounting", "support", "privacy"),
    "list fulfillment_shipment packing_slips": _by(
        "fulfillment.view_shipment", "support", "warehouse"
    ),
    "page fulfillment_shipment_packing_slip": _by(
        "fulfillment.view_shipment", "support", "warehouse"
    ),
    "list notifications_message send_again": _by("notifications.resend_message", "support"),
    "page notifications_message_send_this_again": _by("notifications.resend_message", "support"),
    "page inventory_stockitem_correct_stock": _by("inventory.book_stock", "warehouse"),
    "page inventory_stockitem_receive_stock": _by("inventory.book_stock", "warehouse"),
    "page inventory_stockitem_import_rows": _by("inventory.book_stock", "warehouse"),
    "page inventory_stockitem_export_rows": _by(
        "inventory.view_stockitem", "support", "catalogue", "warehouse"
    ),
    "page shop_product_import_rows": _by("shop.change_product", "catalogue"),
    "page shop_product_export_rows": _by("shop.view_product", "support", "catalogue", "warehouse"),
    "page shop_product_search": _by("shop.view_product", "support", "catalogue", "warehouse"),
}

CHANGES = {
    "support": {"orders_order"},
    "catalogue": {"shop_product", "shop_category"},
    "warehouse": {"inventory_stockitem"},
    "operator": {"outlets_endpoint"},
}
"""The rows that each group changes in a form."""

DELETES: dict[str, set[str]] = {}
"""The rows that each group deletes: none."""
