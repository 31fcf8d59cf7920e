"""The page for developers, the API's description, and the answers to what is not there."""

from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.test import Client, RequestFactory, override_settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from shop import views
from shop.answers import problem_response
from shop.models import Product


class Breaks(APIView):
    """A view with an unexpected error, or a database that does not respond."""

    def get(self, request: Request) -> Response:
        if "busy" in request.query_params:
            raise OperationalError("server at 10.0.0.1 is away")
        raise RuntimeError("ada@example.com is in the message")


urlpatterns = [path("api/breaks/", Breaks.as_view()), path("breaks/", Breaks.as_view())]
handler404, handler500 = views.not_found, views.broken
broken_urls = override_settings(ROOT_URLCONF=__name__)


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/", "/api/docs/", "/analytics/", "/readyz"])
def test_page_for_developers_links_to_everything(client: Client, address: str) -> None:
    Product.objects.create(sku="MUG", name="Mug", unit_price=1)

    assert 'href="/about/"' in client.get("/").content.decode()
    page = client.get("/about/").content.decode()

    assert f'href="{address}"' in page
    assert "/api/v1/checkout/" in page
    assert '"sku": "MUG"' in page


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/", "/about/"])
def test_pages_of_empty_shop_say_what_to_do(client: Client, address: str) -> None:
    assert "catalogue is empty" in client.get(address).content.decode()


@pytest.mark.django_db
def test_description_of_api_is_complete() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/api/docs/", "/api/schema/", "/api/problems/"])
def test_documentation_needs_no_other_server(client: Client, address: str) -> None:
    page = client.get(address)

    assert page.status_code == 200
    assert b'src="http' not in page.content


def test_browsers_find_their_icon(client: Client) -> None:
    assert client.get("/favicon.ico")["Location"].endswith("shop/favicon.svg")


def test_unknown_api_address_is_answered_with_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/nothing/")

    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


def test_unknown_address_is_answered_with_a_page(client: Client) -> None:
    answer = client.get("/nothing/")

    assert answer.status_code == 404
    assert "nothing at this address" in answer.content.decode()


@broken_urls
@pytest.mark.parametrize("address", ["/api/breaks/", "/breaks/"])
def test_unexpected_error_is_not_shown(address: str) -> None:
    client = Client(raise_request_exception=False)

    answer = client.get(address)

    assert answer.status_code == 500
    assert b"ada@example.com" not in answer.content
    assert answer["Content-Type"].startswith(
        "application/problem+json" if "api" in address else "text/html"
    )


@broken_urls
def test_unreachable_database_is_answered_with_retry_later(client: Client) -> None:
    answer = client.get("/api/breaks/", {"busy": "1"})

    assert answer.status_code == 503
    assert answer["Retry-After"] == "2"
    assert b"10.0.0.1" not in answer.content


def test_unexpected_error_is_logged() -> None:
    assert problem_response(RuntimeError("why"), {"request": RequestFactory().get("/")}) is None


def test_documentation_follows_the_color_scheme_of_the_browser(client: Client) -> None:
    page = client.get("/api/docs/").content.decode()

    assert "prefers-color-scheme: dark" in page
    assert 'id="swagger-ui"' in page
