"""Who may do what in the admin: each action has a line in the table, and keeps to it."""

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission, User
from django.db.models.functions import Now
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django_otp.plugins.otp_totp.models import TOTPDevice

from bus.admin.bulk import address
from bus.models import BulkOperation, FailureNote, OperatorAction
from bus.ops import Filter
from config.roles import ROLES
from orders.models import Order, State
from outlets.models import Endpoint
from shop.models import Product
from tests.support.actions import ACTIONS, CHANGES, DELETES
from tests.support.staff import member

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite]  # its rows have ids of their own

STANDARD = ("changelist", "add", "history", "delete", "change", "password_change")
KEY = "0" * 16
RUN = [line for line in ACTIONS if line != "page bus_console_board_stream"]
"""Without the stream, which does not end; the console's own tests ask for it."""


@pytest.fixture(autouse=True)
def rows(settings: Any) -> None:
    settings.OUTLET_WEBHOOKS = True
    Product.objects.create(sku="1", name="Blue mug", unit_price="12.00")
    Order.objects.create(pk=1, email="ada@example.com", name="Ada", line1="Weg 1", country="DE")
    Order.objects.update(state=State.PLACED, number=1, placed_at=Now(), currency="EUR")
    Order.objects.create(pk=2, email="eve@example.com", name="Eve", line1="Weg 2", country="DE")
    Endpoint.objects.create(pk=1, url="https://example.com/hook", secret="whsec_x")
    ada = User.objects.create_user("ada", pk=1, is_staff=True)
    TOTPDevice.objects.create(user=ada)
    FailureNote.objects.create(failure_key=KEY, text="Known.", who="ada")
    for number, operation in enumerate(BulkOperation.Operation, start=1):
        done = OperatorAction.objects.create(pk=number, who="ada", what=operation, subject="all")
        BulkOperation.objects.create(
            action=done, operation=operation, filter={}, expected=1, upto=1
        )


def name_of(model: Any) -> str:
    return f"{model._meta.app_label}_{model._meta.model_name}"


def declared() -> set[str]:
    """The actions of all lists, and the pages and buttons beside Django's own."""
    admin.autodiscover()  # the pages are loaded with the first request, else
    found = set()
    for model, page in admin.site._registry.items():
        found |= {f"list {name_of(model)} {action}" for action in page.actions or ()}
        found |= {f"button {name_of(model)} {action}" for action in page.actions_submit_line}
        names = {str(pattern.name) for pattern in page.get_urls() if pattern.name}
        own = {name for name in names if not name.endswith(STANDARD)}
        found |= {f"page {name}" for name in own}
    return found


def where(line: str) -> str:
    """The address of a line's page."""
    kind, name, *action = line.split()
    if kind == "list":
        return reverse(f"admin:{name}_changelist")
    if kind == "button":
        return reverse(f"admin:{name}_change", args=["2"])
    if name == "bus_delivery_bulk" and action:
        return address(line.split(maxsplit=2)[2].replace("_", " "), Filter(ids=(1,)))
    if name == "bus_operatoraction_stop":
        return reverse(f"admin:{name}", args=["2" if action == ["discard"] else "1"])
    if name == "bus_failure_change":
        return reverse(f"admin:{name}", args=[KEY])
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        return reverse(f"admin:{name}", args=["1"])


def do(browser: Client, line: str) -> HttpResponse:
    kind, _, *action = line.split()
    page = where(line)
    if kind == "list":
        chosen = {"action": action[0], "_selected_action": ["1"], "reason": "a test"}
        return browser.post(page, chosen)
    return browser.post(page, {"reason": "a test"}) if kind == "post" else browser.get(page)


def may(browser: Client, line: str) -> bool:
    """Whether the server did not refuse it, and the page offers it only then."""
    kind, _, *action = line.split()
    answer = do(browser, line)
    if answer.status_code == 403:
        return False
    if kind == "button":
        return f"{line.split()[1]}_{action[0]}" in answer.content.decode()
    return kind != "list" or action[0] in _offered(browser, where(line))


def _offered(browser: Client, page: str) -> list[str]:
    """The actions that the list has for its rows; the server runs no others."""
    form = browser.get(page).context["action_form"]
    return [name for name, _ in form.fields["action"].choices] if form else []


def test_every_action_has_a_line() -> None:
    pages = {line for line in ACTIONS if not line.startswith("post ")}
    aside = {line for line in pages if line.startswith("page bus_failure")}
    stops = {"page bus_operatoraction_stop", "page bus_delivery_bulk"}

    assert declared() - stops == pages - aside


@pytest.mark.parametrize("role", ROLES)
def test_role_does_what_its_line_says(role: str) -> None:
    browser = member(role)

    allowed = {line for line in RUN if may(browser, line)}

    assert allowed == {line for line in RUN if role in ACTIONS[line].roles}


@pytest.mark.parametrize("line", [line for line in RUN if ACTIONS[line].roles])
def test_action_is_refused_without_its_permission(line: str) -> None:
    needs = ACTIONS[line]
    browser = member(needs.roles[0])
    app, codename = needs.permission.split(".")
    held = Permission.objects.get(content_type__app_label=app, codename=codename)

    Group.objects.get(name=needs.roles[0]).permissions.remove(held)

    assert not may(browser, line)


@pytest.mark.parametrize("role", ROLES)
def test_role_changes_and_deletes_only_what_its_work_needs(role: str) -> None:
    browser = member(role)
    names = [name_of(model) for model in admin.site._registry]

    changed, deleted = (
        {name for name in names if _posted(browser, name, verb) != 403}
        for verb in ("change", "delete")
    )

    assert changed == CHANGES.get(role, set())
    assert deleted == DELETES.get(role, set())


def _posted(browser: Client, name: str, verb: str) -> int:
    try:
        page = reverse(f"admin:{name}_{verb}", args=["1"])
    except NoReverseMatch:
        return 403  # the console has no rows
    return browser.post(page).status_code
