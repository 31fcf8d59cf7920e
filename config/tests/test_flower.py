"""Flower always has a login."""

from pytest_django.fixtures import Settings

from config.checks.secrets import check_flower_login
from config.flower import flower_login


def test_flower_has_a_login_of_its_own_making_without_debug(settings: Settings) -> None:
    flower_login.cache_clear()
    settings.DEBUG, settings.FLOWER_AUTH = False, ""

    user, _, password = flower_login().partition(":")

    assert user == "admin"
    assert len(password) >= 16
    assert not check_flower_login().fails
    flower_login.cache_clear()
