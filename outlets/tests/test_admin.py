"""Endpoints and webhooks in the admin."""

import re

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from outlets.models import Endpoint, Webhook
from shop.models import Submission
from tests.support.pages import posting
from tests.support.staff import member

pytestmark = pytest.mark.django_db

ADD = "/admin/outlets/endpoint/add/"
LIST = "/admin/outlets/endpoint/"
SECRET = re.compile(r"whsec_[\w+/=]{44}")


def endpoint(**columns: object) -> Endpoint:
    values = {"url": "https://example.com/", "events": ["OrderPlaced"], "secret": "whsec_AAAA"}
    return Endpoint.objects.create(**values | columns)


def page_of(row: Endpoint) -> str:
    return f"{LIST}{row.pk}/change/"


def forwarding(browser: Client) -> Client:
    """The same operator, who may send customers' data."""
    user = User.objects.get()
    user.user_permissions.add(Permission.objects.get(codename="forward_customers"))
    return browser


def test_secret_of_new_endpoint_is_shown_once() -> None:
    operator = member("operator")
    form = posting(operator, ADD, "url").filled(url="https://example.com/", events=["OrderPlaced"])

    answer = operator.post(ADD, form)
    again = operator.post(ADD, form, follow=True)

    shown, row = answer.content.decode(), Endpoint.objects.get()
    assert "no-store" in answer["Cache-Control"]
    assert again.redirect_chain == [(page_of(row), 302)]
    assert "was added." in again.content.decode()
    assert not SECRET.search(again.content.decode())
    assert not SECRET.search(str(Submission.objects.get().answer))
    assert SECRET.findall(shown) == [row.secret]
    assert row.events == ["OrderPlaced"]
    assert not SECRET.search(operator.get(page_of(row)).content.decode())
    assert not SECRET.search(operator.get(LIST).content.decode())


def test_new_secret_replaces_the_old_one() -> None:
    operator, row = member("operator"), endpoint()
    page = f"{LIST}{row.pk}/secret/"

    form, dialog = posting(operator, page).filled(), {"HX-Request": "true"}

    shown = operator.post(page, form, headers=dialog).content.decode()
    again = operator.post(page, form, headers=dialog)

    row.refresh_from_db()
    assert again["HX-Redirect"] == page_of(row)
    assert not SECRET.search(operator.get(LIST).content.decode())
    assert SECRET.findall(shown) == [row.secret]
    assert row.previous_secret == "whsec_AAAA"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"url": "http://example.com/"}, "begins with https://"),
        ({"url": "https://10.0.0.1/"}, "OUTLET_PRIVATE_NETWORKS"),
        ({"url": ""}, "Enter the address."),
        ({"events": []}, "Choose one event or more."),
        ({"events": ["MailResendRequested"]}, "Select a valid choice."),
    ],
)
def test_bad_endpoint_is_refused_with_the_way_out(changes: dict[str, object], says: str) -> None:
    operator = member("operator")
    good = {"url": "https://example.com/", "events": ["OrderPlaced"]}
    form = posting(operator, ADD, "url").filled(**good | changes)

    assert says in operator.post(ADD, form).content.decode()
    assert not Endpoint.objects.exists()


def test_customers_data_needs_a_permission() -> None:
    operator = member("operator")
    good = {"url": "https://example.com/", "events": ["OrderPlaced"], "with_customer": "on"}

    operator.post(ADD, posting(operator, ADD, "url").filled(**good))
    assert not Endpoint.objects.get().with_customer
    forwarding(operator)
    operator.post(ADD, posting(operator, ADD, "url").filled(**good))

    assert Endpoint.objects.latest("id").with_customer


@pytest.mark.parametrize("action", ["secret", "test"])
def test_endpoint_with_customers_data_is_only_read_without_the_permission(
    settings: Settings, action: str
) -> None:
    settings.OUTLET_WEBHOOKS = True
    operator, row = member("operator"), endpoint(with_customer=True)

    page = operator.get(page_of(row))

    assert page.status_code == 200
    assert 'name="url"' not in page.content.decode()
    assert operator.post(f"{LIST}{row.pk}/{action}/", {}).status_code == 403
    assert operator.post(page_of(row), {"url": "https://evil.example/"}).status_code == 403
    forwarding(operator)
    assert 'name="url"' in operator.get(page_of(row)).content.decode()


def test_enabled_again_endpoint_forgets_why_it_was_disabled() -> None:
    long_ago = timezone.now()
    row = endpoint(
        enabled=False,
        disabled_because="It answered 410 (gone).",
        disabled_at=long_ago,
        failing_since=long_ago,
    )
    operator = member("operator")
    assert "It answered 410 (gone)." in operator.get(page_of(row)).content.decode()
    assert "It answered 410 (gone)." in operator.get("/admin/").content.decode()

    operator.post(page_of(row), posting(operator, page_of(row), "url").filled(enabled="on"))

    row.refresh_from_db()
    assert (row.enabled, row.disabled_because, row.failing_since) == (True, "", None)
    assert "endpoint disabled" not in operator.get("/admin/").content.decode()


def test_corrected_address_forgets_the_failures_of_the_former() -> None:
    row, operator = endpoint(failing_since=timezone.now(), failures=9), member("operator")
    form = posting(operator, page_of(row), "url").filled(url="https://example.org/")

    operator.post(page_of(row), form)

    row.refresh_from_db()
    assert (row.url, row.failing_since, row.failures) == ("https://example.org/", None, 0)


def test_customers_data_is_not_sent_again_without_the_permission(settings: Settings) -> None:
    settings.OUTLET_WEBHOOKS = True
    operator, row = member("operator"), endpoint(with_customer=True)
    webhook = Webhook.objects.create(key="1", endpoint=row, type="OrderPlaced", event=1)
    form = {"action": "send_again", "_selected_action": webhook.pk}

    shown = operator.post("/admin/outlets/webhook/", form, follow=True).content.decode()

    assert "Can send customers&#x27; data to an endpoint" in shown
    assert Webhook.objects.count() == 1
    forwarding(operator).post("/admin/outlets/webhook/", form)
    assert Webhook.objects.count() == 2


def test_page_of_endpoint_shows_its_latest_webhooks() -> None:
    row, other = endpoint(), endpoint(description="Another")
    for number in range(30):
        Webhook.objects.create(
            key=str(number), endpoint=row, type="OrderPlaced", subject=f"SO-{number}",
            note="It answered 500.", status=500,
        )  # fmt: skip
    Webhook.objects.create(key="other", endpoint=other, type="OrderPlaced", subject="SO-99")

    shown = member("operator").get(page_of(row)).content.decode()

    assert re.findall(r"SO-\d+", shown) == [f"SO-{number}" for number in range(29, 9, -1)]
    assert "It answered 500." in shown


@pytest.mark.parametrize("on", [True, False])
def test_test_is_offered_and_sent_only_if_webhooks_are_on(settings: Settings, on: bool) -> None:
    settings.OUTLET_WEBHOOKS = on
    operator, row = member("operator"), endpoint()

    shown = operator.get(page_of(row)).content.decode()
    status = operator.post(f"{LIST}{row.pk}/test/", {}).status_code

    assert ("Send a test" in shown) is on
    assert ("Set OUTLET_WEBHOOKS=1" in shown) is not on
    assert (status == 403) is not on
    assert "New secret" in shown


def test_form_says_what_its_fields_mean() -> None:
    shown = member("operator").get(ADD).content.decode()

    for hint in ("OUTLET_PRIVATE_NETWORKS", "they show the address", "gets nothing"):
        assert hint in shown


@pytest.mark.parametrize("on", [True, False])
def test_list_says_if_webhooks_are_off(settings: Settings, on: bool) -> None:
    settings.OUTLET_WEBHOOKS = on

    shown = member("operator").get(LIST).content.decode()

    assert ("Set OUTLET_WEBHOOKS=1" in shown) != on


def test_endpoint_cannot_be_deleted(admin_client: Client) -> None:
    assert admin_client.post(f"{LIST}{endpoint().pk}/delete/", {"post": "yes"}).status_code == 403
