"""The jobs of every night: audit and prune."""

import logging
from datetime import time, timedelta
from pathlib import Path

from celery import shared_task
from django.conf import settings

from bus.audit import Finding, answers, keep, violations
from bus.jobs import Failed, job
from bus.ops.retention import prune as prune_deliveries
from orders.services import drop_expired_requests
from outlets.services import prune as prune_webhooks
from shop import files, submissions
from shop.spending import forget_spent

log = logging.getLogger(__name__)


class AuditFoundSomething(Failed):
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
@job(
    "config.nightly.audit",
    title="Audit",
    at=time(3, 17),
    queue="analytics",
    longest=LONGEST_AUDIT,
)
def audit() -> str:
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
    return f"{len(found)} checks, nothing found"


@shared_task(name="config.nightly.prune")
@job("config.nightly.prune", title="Prune", at=time(4, 17), queue="analytics")
def prune() -> str:
    """Remove what is old: budgets, requests to erase, deliveries, webhooks, form tokens, and
    half-written documents."""
    forget_spent()
    drop_expired_requests()
    deliveries, forms = sum(prune_deliveries(by="nightly")), submissions.prune()
    webhooks = prune_webhooks()
    log.info("pruned %d deliveries", deliveries)
    log.info("pruned %d webhooks", webhooks)
    log.info("pruned %d forms", forms)
    if drafts := files.remove_drafts(Path(settings.MEDIA_ROOT), older_than=OLD_DRAFT):
        log.info("removed %d half-written files of documents, left by a crash", drafts)
    return (
        f"{deliveries} deliveries, {webhooks} webhooks, {forms} forms, {drafts} half-written files "
        "removed"
    )
