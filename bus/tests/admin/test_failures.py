"""Failures in the admin: found from the first page, mended as a group."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from bus.audit.attention import Kind, concerns
from bus.failures import failure_groups
from bus.models import BulkOperation, FailureNote, State
from bus.ops import LONGEST_NOTE
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, delivery, happened, states
from bus.tests.staff import log, signed_in

pytestmark = pytest.mark.django_db(transaction=True)

LIST = "admin:bus_failure_changelist"


def fails(event: Happened) -> None:
    if event.number == 1:
        raise ConnectionError("down")
    if event.number:
        raise ValueError(f"<b>{event.number}</b>")


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Two dead deliveries and one that is tried again."""
    name = subscribed(fails)
    given(*happened(0, 1, 2, 3))
    settle("desk")
    return name


def link(page: str, text: str) -> str:
    """Where the first link with this text leads."""
    found = re.search(rf'<a[^>]*href="([^"]+)"[^>]*>\s*{text}', page)
    assert found, text
    return found[1].replace("&amp;", "&")


def test_list_shows_groups_with_filters_in_address(operator: Client, name: str) -> None:
    everything = operator.get(reverse(LIST)).content.decode()
    dead = operator.get(reverse(LIST), {"state": "dead"}).content.decode()
    none = operator.get(reverse(LIST), {"subscription": "another"}).content.decode()

    assert "ValueError" in everything
    assert "ConnectionError" in everything
    assert "&lt;b&gt;3&lt;/b&gt;" in everything
    assert "ConnectionError" not in dead
    assert "No failure matches" in none


def test_dead_delivery_is_mended_in_four_clicks_from_first_page(
    operator: Client, name: str
) -> None:
    (concern,) = [one for one in concerns() if one.kind == Kind.DEAD]
    model, _, query = concern.page.partition("?")
    first = operator.get(reverse(f"admin:bus_{model}_changelist") + f"?{query}").content.decode()
    group = operator.get(link(first, "ValueError")).content.decode()
    confirm = link(group, "Deliver again")
    assert "waiting or dead" in operator.get(confirm).content.decode()
    operator.post(confirm, {"reason": "mended"})

    assert (states()["2"], states()["3"]) == (State.WAITING, State.WAITING)
    assert delivery(1).attempts == 1
    ((who, what, subject, count, why),) = log()
    assert (who, what, count, why) == ("ada", "deliver again", 2, "mended")
    assert subject.startswith("deliveries of the failures ")


def test_group_page_shows_last_failure_and_note(operator: Client, name: str) -> None:
    group = failure_groups()[0]
    page = reverse("admin:bus_failure_change", args=[group.key])

    operator.post(page, {"text": "ask the provider"})

    shown = operator.get(page).content.decode()
    assert "ask the provider" in shown
    assert FailureNote.objects.get().who == "ada"
    assert f"{group.last.worker}" in shown
    assert "Traceback (most recent call last)" in shown


def test_group_page_stays_while_its_operation_is_recorded(operator: Client, name: str) -> None:
    group = failure_groups()[0]
    page = reverse("admin:bus_failure_change", args=[group.key])
    operator.post(link(operator.get(page).content.decode(), "Discard"), {"reason": "a test"})

    shown = operator.get(page).content.decode()

    assert "No delivery of this group is open any more" in shown
    assert "2 of 2, finished" in shown
    assert "a test" in shown


def test_group_page_reloads_by_script_while_its_operation_runs(operator: Client, name: str) -> None:
    group = failure_groups()[0]
    page = reverse("admin:bus_failure_change", args=[group.key])
    operator.post(link(operator.get(page).content.decode(), "Discard"), {"reason": "a test"})
    ended = operator.get(page).content.decode()
    BulkOperation.objects.update(ended_at=None)

    running = operator.get(page).content.decode()
    refused = operator.post(page, {"text": "x" * (LONGEST_NOTE + 1)}).content.decode()

    assert "bus/reload.js" in running
    # Which a note that is being written would not survive.
    assert 'http-equiv="refresh"' not in running
    assert "bus/reload.js" not in ended
    assert "bus/reload.js" not in refused


@pytest.mark.parametrize("key", ["nothing", "0" * 16, "0" * 60, "X" * 16])
def test_unknown_group_is_not_found_and_gets_no_note(operator: Client, name: str, key: str) -> None:
    page = reverse("admin:bus_failure_change", args=[key])

    assert operator.get(page).status_code == 404
    assert operator.post(page, {"text": "mine"}).status_code == 404
    assert not FailureNote.objects.exists()


def test_delivery_page_lists_failed_attempts(operator: Client, name: str) -> None:
    row = delivery(2)

    page = operator.get(reverse("admin:bus_delivery_change", args=[row.pk])).content.decode()

    assert "bus/tests/admin/test_failures.py:" in page
    assert reverse("admin:bus_failure_change", args=[row.failure_key]) in page


def test_staff_with_view_permission_see_and_change_nothing(client: Client, name: str) -> None:
    looking = signed_in(client, "view_delivery")
    group = failure_groups()[0]
    page = reverse("admin:bus_failure_change", args=[group.key])

    assert "Deliver again" not in looking.get(page).content.decode()
    assert "Deliver again" not in looking.get(reverse(LIST)).content.decode()
    assert looking.post(page, {"text": "mine"}).status_code == 403
    assert not FailureNote.objects.exists()


def test_staff_without_permission_are_refused(client: Client, name: str) -> None:
    other = signed_in(client, "view_subscription")

    assert other.get(reverse(LIST)).status_code == 403
