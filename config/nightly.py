"""What beat starts at night."""

import logging
from datetime import timedelta

from celery import shared_task

from bus.audit import Finding, answers, keep, violations
from bus.retention import prune as prune_deliveries
from shop import submissions
from shop.spending import forget_spent

log = logging.getLogger(__name__)


class AuditFoundSomething(Exception):
    """What Flower and the log show when rows and events do not agree."""


LONGEST_AUDIT = timedelta(hours=1)


# It reads all there is, for longer than the broker waits for an acknowledgement: given early,
# so that no second worker begins it, too. The next night asks again.
@shared_task(
    name="config.nightly.audit",
    acks_late=False,
    soft_time_limit=LONGEST_AUDIT.total_seconds(),
    time_limit=LONGEST_AUDIT.total_seconds() + 60,
)
def audit() -> None:
    """Run every check; `manage.py audit` shows the same by hand, and can repair.

    What it comes to is kept: the admin's first page shows it until an audit is clean.
    """
    found: dict[str, list[Finding]] = {}
    for rule, findings in answers():
        found[rule] = findings
        for finding in findings:
            level = logging.WARNING if finding.unseen else logging.ERROR
            log.log(level, "audit: %s: %s %s", rule, finding.subject, finding.what)
    keep(found)
    if count := sum(len(violations(findings)) for findings in found.values()):
        raise AuditFoundSomething(f"{count} findings; see manage.py audit")


@shared_task(name="config.nightly.prune")
def prune() -> None:
    """Remove what has been done for long."""
    forget_spent()
    log.info("pruned %d deliveries", sum(prune_deliveries(by="nightly")))
    log.info("pruned %d forms", submissions.prune())
