"""What `up` prints once the shop runs."""

import pytest
from django.conf import settings
from django.test import Client

from config.local.welcome import welcome

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("page", ["/", "/admin/", "/admin/bus/console/", "/analytics/", "/about/"])
def test_printed_list_names_the_page(page: str) -> None:
    printed = [line.split()[-1] for line in welcome("admin / admin") if settings.SITE_URL in line]

    assert f"{settings.SITE_URL}{page}" in printed


def test_pages_have_one_name_everywhere(client: Client, admin_client: Client) -> None:
    about = client.get("/about/").content.decode()
    printed = "\n".join(welcome("admin / admin"))

    for name, page in (("Console", "/admin/bus/console/"), ("Live figures", "/analytics/")):
        assert f'href="{page}"><strong>{name}<' in about
        assert f"  {name:15} {settings.SITE_URL}{page}" in printed
        assert name in admin_client.get(page).content.decode()
