"""Operators are alerted, by mail or by a webhook."""

from urllib.parse import urlsplit

from django.conf import settings

from config.checks.check import Check


def check_operators() -> Check:
    """OPERATORS_WEBHOOK is empty or a web address. The state never shows the whole URL, which is
    mostly a secret."""
    what, why = "OPERATORS", "they are alerted when a delivery dies or a queue stands still"
    webhook = settings.OPERATORS_WEBHOOK
    if webhook and not _is_web_address(webhook):
        fix = "Write it like https://chat.example.com/hooks/1234, or leave it empty."
        return Check("OPERATORS_WEBHOOK", "is no web address", why, fix)
    reached = [*settings.OPERATORS, *([f"webhook at {urlsplit(webhook).hostname}"] * bool(webhook))]
    return Check(what, ", ".join(reached) or "none: the admin's first page shows it", why)


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
