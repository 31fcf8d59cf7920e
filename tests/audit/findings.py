"""Damage to a settled shop, what the audit finds, and what its command prints."""

from contextlib import ExitStack
from io import StringIO

from django.core.management import call_command

from bus.audit import Finding, run_checks
from tests.damage import PLANTS, Shop


def found() -> dict[str, list[str]]:
    """The subjects of what is found, by rule."""
    return {
        rule: [finding.subject for finding in findings]
        for rule, findings in run_checks().items()
        if findings
    }


def texts(findings: list[Finding]) -> str:
    """All that the findings say."""
    return " ".join(f"{one.subject} {one.what}" for one in findings)


def damaged(shop: Shop, *names: str) -> None:
    """Do the damage of these names."""
    by_name = {str(plant): plant for plant in PLANTS}
    for name in names:
        by_name[name].do(shop, ExitStack())


def audit(*options: str) -> tuple[int, str]:
    """The exit code of `manage.py audit`, and what it printed."""
    out = StringIO()
    try:
        call_command("audit", *options, stdout=out)
    except SystemExit as stop:
        return int(stop.code or 0), out.getvalue()
    return 0, out.getvalue()
