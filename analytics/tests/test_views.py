"""The addresses of the dashboard: who is admitted, and what is served."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse
from django.utils import timezone

from analytics import services
from analytics.tests.events import placed
from bus import feed

PAGES = ["analytics:dashboard", "analytics:snapshot", "analytics:stream"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(client):
    user = get_user_model().objects.create_user("ada", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_dayfigures"))
    client.force_login(user)
    return client


@pytest.mark.parametrize("page", PAGES)
def test_stranger_is_sent_to_login(client, page):
    response = client.get(reverse(page))

    assert response.status_code == 302
    assert response["Location"] == f"{reverse('admin:login')}?next={reverse(page)}"


@pytest.mark.parametrize("page", PAGES)
def test_customer_who_is_not_staff_is_sent_to_login(client, page):
    client.force_login(get_user_model().objects.create_user("bob"))

    response = client.get(reverse(page))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("admin:login"))


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_permission_for_figures_see_none(client, page):
    client.force_login(get_user_model().objects.create_user("bob", is_staff=True))

    assert client.get(reverse(page)).status_code == 403


@pytest.mark.parametrize("page", PAGES)
def test_figures_refuse_post(staff, page):
    assert staff.post(reverse(page)).status_code == 405


def test_snapshot_equals_first_message_of_stream(staff):
    services.record_sales([placed("SO-1", at=timezone.now())])

    figures = staff.get(reverse("analytics:snapshot")).json()

    assert figures["today"]["orders"] == 1
    assert figures["today"]["average"] == "11.90"
    assert len(figures["minutes"]) == 60
    assert figures["at"]


def test_page_is_complete_without_script_and_has_none_inline(staff):
    services.record_sales([placed("SO-1", at=timezone.now())])

    page = staff.get(reverse("analytics:dashboard")).content.decode()

    assert '<dd id="today-revenue">11.90</dd>' in page
    assert "<script>" not in page
    assert "style=" not in page
    assert "onclick" not in page


def test_viewer_above_limit_must_poll(staff, monkeypatch):
    monkeypatch.setattr(feed, "MOST_VIEWERS", 0)

    response = staff.get(reverse("analytics:stream"))

    assert response.status_code == 503
    assert response["Retry-After"] == "30"
