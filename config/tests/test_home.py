"""The admin's first page shows what needs a person, to staff who may view it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bus.models import AuditResult

pytestmark = pytest.mark.django_db


def test_first_page_shows_what_needs_a_person(admin_client: Client) -> None:
    AuditResult.objects.create(rule="sums add up", findings=3, unseen=False)

    page = admin_client.get("/admin/").content.decode()

    assert "Needs a person" in page
    assert "Not true: sums add up" in page
    assert 'href="/admin/bus/auditresult/"' in page
    assert admin_client.get("/admin/bus/auditresult/").status_code == 200


def test_audit_page_shows_each_rule_with_its_result(admin_client: Client) -> None:
    for result, findings, unseen in (
        ("holds", 0, False),
        ("does not hold", 3, False),
        ("not seen", 0, True),
    ):
        row = AuditResult.objects.create(rule=f"rule {result}", findings=findings, unseen=unseen)
        page = admin_client.get(f"/admin/bus/auditresult/{row.pk}/change/").content.decode()
        assert result in page.replace(row.rule, "")


def test_admin_shows_booleans_as_words(admin_client: Client) -> None:
    user = User.objects.get()

    page = admin_client.get("/admin/auth/user/").content.decode()

    assert user.is_staff
    assert "<span>yes</span>" in page
    assert "close_small" not in page
    assert "check_small" not in page


def test_first_page_says_when_nothing_needs_a_person(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert "report no trouble" in page


def test_staff_without_permission_see_no_list_of_deliveries(client: Client) -> None:
    client.force_login(User.objects.create_user("bea", is_staff=True))

    page = client.get("/admin/").content.decode()

    assert "Needs a person" not in page
