"""The tasks that beat sends every night."""

import logging
from datetime import timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings

from bus.audit import Finding, answers, keep, violations
from bus.ops.retention import prune as prune_deliveries
from shop import files, submissions
from shop.spending import forget_spent

log = logging.getLogger(__name__)


class AuditFoundSomething(Exception):
    """Rows and events disagree; Flower and the log show this as the task's failure."""


OLD_DRAFT = timedelta(days=1)
LONGEST_AUDIT = timedelta(hours=1)


# Acknowledged early: it may run for longer than the broker's visibility time-out, and would then
# be redelivered to a second worker. A lost one is made up for by the next night's.
@shared_task(
    name="config.nightly.audit",
    acks_late=False,
    soft_time_limit=LONGEST_AUDIT.total_seconds(),
    time_limit=LONGEST_AUDIT.total_seconds() + 60,
)
def audit() -> None:
    """Run every check of `manage.py audit`, which can also repair.

    The findings are kept: the admin's first page shows them until an audit is clean.
    """
    found: dict[str, list[Finding]] = {}
    for rule, findings in answers():
        found[rule] = findings
        for finding in findings:
            level = logging.WARNING if finding.unseen else logging.ERROR
            log.log(level, "audit: %s: %s %s", rule, finding.subject, finding.what)
    keep(found)
    if count := sum(len(violations(findings)) for findings in found.values()):
        raise AuditFoundSomething(f"{count} findings; run manage.py audit to list them")


@shared_task(name="config.nightly.prune")
def prune() -> None:
    """Remove old budgets, deliveries, form tokens, and half-written documents."""
    forget_spent()
    log.info("pruned %d deliveries", sum(prune_deliveries(by="nightly")))
    log.info("pruned %d forms", submissions.prune())
    if drafts := files.remove_drafts(Path(settings.MEDIA_ROOT), older_than=OLD_DRAFT):
        log.info("removed %d half-written files of documents, left by a crash", drafts)
