"""The web server refuses DEBUG where others can reach it."""

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "shop.example.com"])
def test_server_with_debug_refuses_public_interfaces(settings: Settings, host: str) -> None:
    settings.DEBUG = True

    with pytest.raises(CommandError, match="DEBUG is on, and --host is"):
        call_command("serve", host=host)
