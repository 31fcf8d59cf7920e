"""Ada, who has a password, and her app."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django_otp.plugins.otp_totp.models import TOTPDevice

from config.factors import devices, pages
from config.login import PER_ACCOUNT, PER_ADDRESS
from config.tests.factors.browsers import PASSWORD


@pytest.fixture(autouse=True)
def ada() -> Iterator[User]:
    user = User.objects.create_superuser("ada", password=PASSWORD)
    yield user
    pages.TRIES.forgive(f"code {user.pk}")
    PER_ACCOUNT.forgive("ada 127.0.0.1")
    PER_ADDRESS.forgive("127.0.0.1")


@pytest.fixture
def device(ada: User) -> TOTPDevice:
    """Her app, which has sent no code yet."""
    return TOTPDevice.objects.create(user=ada, key=devices.new_key())


@pytest.fixture
def required(settings: Any) -> None:
    settings.STAFF_SECOND_FACTOR = True
