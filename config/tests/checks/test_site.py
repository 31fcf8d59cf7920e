"""A shop behind a proxy without TRUSTED_PROXIES warns."""

from io import StringIO

import pytest
from django.core.management import call_command
from pytest_django.fixtures import Settings

from config.checks import require, settings_checks


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "proxies", "warned"),
    [
        ("https://shop.example.com", [], True),
        ("https://shop.example.com", ["10.0.0.5"], False),
        ("http://localhost:8000", [], False),
    ],
)
def test_proxy_that_hides_all_clients_is_reported(
    settings: Settings, url: str, proxies: list[str], warned: bool
) -> None:
    settings.SITE_URL, settings.TRUSTED_PROXIES = url, proxies
    told = StringIO()

    call_command("check", "--deploy", "--tag", "shop", stderr=told)

    assert ("all clients share its budgets" in told.getvalue()) == warned
    require(settings_checks())  # it is advice, and keeps nothing from starting
