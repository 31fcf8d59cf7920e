"""Who works in the admin of the bus."""

import pytest
from django.test import Client

from bus.tests.staff import OPERATES, signed_in


@pytest.fixture
def operator(client: Client) -> Client:
    """Somebody of the staff who may operate the bus."""
    return signed_in(client, "view_delivery", "view_subscription", *OPERATES)
