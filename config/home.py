"""The admin's first page: what needs a person."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from bus.audit.attention import Concern, concerns


def home(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Add the concerns that need a person, for staff who may view deliveries; None for others."""
    may_see = request.user.has_perm("bus.view_delivery")
    listed = [_shown(concern) for concern in concerns()] if may_see else None
    return {**context, "needs_person": listed}


def _shown(concern: Concern) -> dict[str, Any]:
    model, _, query = concern.page.partition("?")
    link = reverse(f"admin:bus_{model}_changelist") + (query and f"?{query}") if model else ""
    return {"kind": concern.kind, "what": concern.what, "since": concern.since, "link": link}
