"""The results of the last audit, which the admin's first page shows."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models.functions import Now

from bus.audit.findings import Finding, violations
from bus.models import AuditResult


def keep(found: Mapping[str, Sequence[Finding]]) -> None:
    """Store the results of a complete audit in place of the earlier ones.

    A check that could not be made here keeps its earlier result from where it could.
    """
    with transaction.atomic():
        AuditResult.objects.exclude(rule__in=found).delete()
        for rule, findings in found.items():
            count = len(violations(findings))
            unseen = len(findings) > count
            known = AuditResult.objects.filter(rule=rule, unseen=False).exists()
            if unseen and not count and known:
                continue
            AuditResult.objects.update_or_create(
                rule=rule, defaults={"at": Now(), "findings": count, "unseen": unseen}
            )
