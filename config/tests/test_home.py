"""The admin's first page shows what needs a person, to those who may look at it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client

from bus.models import AuditResult

pytestmark = pytest.mark.django_db


def test_what_needs_a_person_is_on_the_first_page(admin_client: Client) -> None:
    AuditResult.objects.create(rule="sums add up", findings=3, unseen=False)

    page = admin_client.get("/admin/").content.decode()

    assert "Needs a person" in page
    assert "Not so: sums add up" in page
    assert 'href="/admin/bus/auditresult/"' in page
    assert admin_client.get("/admin/bus/auditresult/").status_code == 200


def test_a_shop_in_which_all_goes_well_says_so(admin_client: Client) -> None:
    page = admin_client.get("/admin/").content.decode()

    assert "have nothing to say" in page


def test_staff_who_may_not_see_deliveries_see_none_of_it(client: Client) -> None:
    client.force_login(User.objects.create_user("bea", is_staff=True))

    page = client.get("/admin/").content.decode()

    assert "Needs a person" not in page
