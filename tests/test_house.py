"""The rules of the house hold, and each of them reports a house that breaks it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.db.models.signals import ModelSignal, post_save

from bus.registry import Queue, reactions
from orders.models import Order
from tests import house
from tests.compose import commands, procfile

ROOT = Path(__file__).parent.parent
QUEUES = {reaction.queue.name for reaction in reactions() if reaction.name in house.ROOMS}


@pytest.fixture
def build(tmp_path: Path) -> Callable[..., Path]:
    """Write files of a house that is not ours."""

    def write(**files: str) -> Path:
        for name, text in files.items():
            path = tmp_path.joinpath(*name.split("__")).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path

    return write
