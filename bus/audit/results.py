"""What the audit found last, kept for whoever looks after it has ended."""

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models.functions import Now

from bus.audit.findings import Finding, violations
from bus.models import AuditResult


def keep(found: Mapping[str, Sequence[Finding]]) -> None:
    """Write down what a whole audit came to, in the place of what the one before did.

    What cannot be seen from here keeps the answer of where it could, if there is one.
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
