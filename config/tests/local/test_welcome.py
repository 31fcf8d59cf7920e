"""What `up` prints once the shop runs."""

import re
from decimal import Decimal
from html import unescape

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.fixtures import Settings

from config.local.welcome import welcome
from shop.models import Product

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/", "/admin/", "/admin/bus/console/", "/analytics/", "/about/"])
def test_printed_list_names_the_page(page: str) -> None:
    printed = [line.split()[-1] for line in welcome("admin / admin") if settings.SITE_URL in line]

    assert f"{settings.SITE_URL}{page}" in printed


@pytest.mark.parametrize("with_flower", [True, False])
def test_flower_is_named_where_it_runs(settings: Settings, with_flower: bool) -> None:
    settings.WITH_FLOWER = with_flower

    assert ("Flower" in "\n".join(welcome("admin / admin"))) is with_flower


def test_pages_have_one_name_everywhere(client: Client, admin_client: Client) -> None:
    about = client.get("/about/").content.decode()
    printed = "\n".join(welcome("admin / admin"))

    for name, page in (("Console", "/admin/bus/console/"), ("Live figures", "/analytics/")):
        assert f'href="{page}"><strong>{name}<' in about
        assert f"  {name:15} {settings.SITE_URL}{page}" in printed
        assert name in admin_client.get(page).content.decode()


def test_address_of_the_metrics_is_printed_if_there_are_any(settings: Settings) -> None:
    assert "/metrics" not in "\n".join(welcome("admin / admin"))

    settings.BUS_METRICS_PORT = 9464

    assert "http://localhost:9464/metrics" in "\n".join(welcome("admin / admin"))


def test_example_order_goes_to_one_address_everywhere(client: Client) -> None:
    Product.objects.create(sku="MUG", name="Mug", unit_price=Decimal(12))
    about = unescape(client.get("/about/").content.decode())
    printed = "\n".join(welcome("admin / admin"))

    for name in ("email", "name", "line1", "postal_code", "city", "country"):
        value = re.compile(f'"{name}": "([^"]+)"')
        assert value.search(printed)[1] == value.search(about)[1]
