"""Operators in tests of the admin, and what they do there."""

from typing import Any

from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from bus.models import OperatorAction

DELIVERIES = "admin:bus_delivery_changelist"
SUBSCRIPTIONS = "admin:bus_subscription_changelist"

OPERATES = (
    "redeliver_delivery", "discard_delivery", "pause_subscription", "retire_subscription",
    "backfill_subscription", "run_job", "drop_message", "change_failurenote",
)  # fmt: skip
"""Every permission of an action."""


def signed_in(client: Client, *permissions: str) -> Client:
    user = User.objects.create_user("ada", is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="bus", codename__in=permissions)
    )
    client.force_login(user)
    return client


def act(client: Client, page: str, action: str, rows: Any, asked: str = "", **more: str) -> str:
    """Choose an action for some rows of a list; returns what the page says."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows], **more}
    answer = client.post(reverse(page) + asked, chosen, follow=True)
    return " ".join(map(str, answer.context["messages"]))


def confirmed(
    client: Client, action: str, rows: Any, asked: str = "", *, reason: str, across: bool = False
) -> None:
    """Choose an action for some deliveries, or for all that the list shows, and confirm it."""
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    if across:
        chosen["select_across"] = "1"
    page = client.post(reverse(DELIVERIES) + asked, chosen)["Location"]
    client.post(page, {"reason": reason})


def log() -> list[tuple[str, str, str, int, str]]:
    """What was written down of operators, without the effects of tests."""
    rows = OperatorAction.objects.exclude(what="effect").order_by("id")
    return list(rows.values_list("who", "what", "subject", "count", "why"))
