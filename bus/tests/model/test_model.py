"""Random histories of faults, after each step of which all promises must hold."""

import pytest
from django.db import connection
from hypothesis import settings

from bus.tests.model.exploring import explore
from bus.tests.model.machine import Histories

AS_A_RULE = settings.get_profile("default").max_examples


@pytest.mark.timeout(0)
def test_every_history_keeps_every_promise(histories: type[Histories]) -> None:
    few = 200 if connection.vendor == "sqlite" else 60
    asked_for = settings().max_examples

    explore(histories, few if asked_for == AS_A_RULE else asked_for)
