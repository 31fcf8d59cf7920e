"""What beat starts at night."""

import logging

from celery import shared_task

from bus.audit import checks
from bus.retention import prune as prune_deliveries

log = logging.getLogger(__name__)


class AuditFoundSomething(Exception):
    """What Flower and the log show when rows and events do not agree."""


@shared_task(name="config.nightly.audit")
def audit() -> None:
    """Run every check; `manage.py audit` shows the same by hand."""
    count = 0
    for rule, check in checks().items():
        for finding in check():
            count += 1
            log.error("audit: %s: %s %s", rule, finding.subject, finding.what)
    if count:
        raise AuditFoundSomething(f"{count} findings; see manage.py audit")


@shared_task(name="config.nightly.prune")
def prune() -> None:
    """Remove what has been done for long."""
    log.info("pruned %d deliveries", sum(prune_deliveries(by="nightly")))
