"""The web server refuses DEBUG where others can reach it."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example.com"])
def test_debug_is_not_served_where_others_can_come_by(settings: Settings, host: str) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match="DEBUG is on, and --host is"):
        call_command("serve", host=host)
