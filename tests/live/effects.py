"""What an order has led to in a shop, without what differs from one run to the next."""

import re
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from tests.live.shop import Shop

OF_ONE_RUN = (
    (r"https?://\S+", "ADDRESS"),
    (r"\d{1,2} [A-Z][a-z]+ \d{4}|\d{4}-\d\d-\d\d", "DAY"),
    (r"\d\d:\d\d", "TIME"),
)
"""Secrets and ports of links, and the day on which it ran."""

ROWS = {
    "orders": "SELECT number, state, total, reserved_at IS NOT NULL FROM orders_order",
    "events": "SELECT type, version, stream FROM bus_event",
    "deliveries": "SELECT s.name, d.stream, d.state FROM bus_delivery d "
    "JOIN bus_subscription s ON s.id = d.subscription_id",
    "mails": 'SELECT kind, order_number, about, subject, "to", attachments, state '
    "FROM notifications_message",
    "stock": "SELECT sku, on_hand, reserved FROM inventory_stockitem",
    "reservations": "SELECT number, item_id, quantity, state FROM inventory_reservation",
    "movements": "SELECT kind, item_id, on_hand, reserved, number FROM inventory_movement",
    "documents": "SELECT kind, number, order_number, storage_name, net, tax, total "
    "FROM billing_invoice",
    "shipments": "SELECT s.number, s.state, s.recipient, s.line1, l.sku, l.quantity, l.total "
    "FROM fulfillment_shipment s JOIN fulfillment_shipmentline l ON l.shipment_id = s.id",
    "products": "SELECT sku, units, revenue, cancelled_units FROM analytics_productfigures",
    "days": "SELECT orders, units, revenue, net, rejected FROM analytics_dayfigures",
}


def effects_of(shop: Shop) -> dict[str, list[Any]]:
    """The rows of all apps, the mails as they were written, and the text of the documents."""
    found: dict[str, list[Any]] = {name: sorted(shop.query(sql)) for name, sql in ROWS.items()}
    found["letters"] = sorted(letter(file) for file in (shop.folder / "mail").glob("*.eml"))
    found["pages"] = sorted(text_of(file) for file in (shop.folder / "documents").rglob("*.pdf"))
    return found


def letter(file: Path) -> tuple[str, ...]:
    """Subject, recipient, texts, and the documents that it carries."""
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    texts = [part.get_content() for part in mail.walk() if part.get_content_maintype() == "text"]
    names = [part.get_filename() or "" for part in mail.iter_attachments()]
    return mail["Subject"], mail["To"], *map(without_run, texts), *names


def text_of(file: Path) -> str:
    """Of all pages."""
    return without_run("\n".join(page.extract_text() for page in PdfReader(file).pages))


def without_run(text: str) -> str:
    for pattern, name in OF_ONE_RUN:
        text = re.sub(pattern, name, text)
    return text
