"""Secrets that others know, or that cannot be used, are refused."""

from pytest_django.fixtures import Settings

from config.checks.secrets import check_flower_login


def test_flower_login_without_password_is_refused(settings: Settings) -> None:
    settings.FLOWER_AUTH = "admin:"

    assert "Set FLOWER_AUTH=user:password" in check_flower_login().fix
