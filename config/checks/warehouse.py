"""WAREHOUSE_URL is empty or a web address."""

from urllib.parse import urlsplit

from django.conf import settings

from config.checks.check import Check


def check_warehouse_url() -> Check:
    """The state never shows the whole URL, which may hold a password."""
    why = "released shipments are sent there"
    if not settings.WAREHOUSE_URL:
        mails = ", ".join(settings.WAREHOUSE_EMAIL) or "no address"
        return Check("Warehouse", f"the packing board; mail to {mails}", why)
    try:
        parts = urlsplit(settings.WAREHOUSE_URL)
        fits = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        fix = "Write it like https://warehouse.example.com/shipments, or leave it empty."
        return Check("WAREHOUSE_URL", "is no web address", why, fix)
    return Check("WAREHOUSE_URL", f"{parts.scheme}://{parts.hostname}", why)
