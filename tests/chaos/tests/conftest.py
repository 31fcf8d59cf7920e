"""The settled shop that tests damage."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.tests.planted import Planted, copied, settled


@pytest.fixture(scope="module")
def clean(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Planted]:
    with django_db_blocker.unblock():
        yield settled(tmp_path_factory.mktemp("clean"))


@pytest.fixture
def shop(clean: Planted, tmp_path: Path) -> Planted:
    return copied(clean, tmp_path)
