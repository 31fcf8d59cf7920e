"""One destination with its server, and the subscriptions that a start with its address declares."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from outlets.destinations.kinds import KINDS
from outlets.tasks import subscribe_destination
from tests.outlets.stands import STANDS, Stand, standing
from tests.support.declaring import declaring


@pytest.fixture(params=STANDS)
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture
def stand(name: str, tmp_path: Path, settings: Any) -> Iterator[Stand]:
    with standing(name, tmp_path) as found:
        settings.OUTLETS = {**settings.OUTLETS, name: found.url}
        with declaring(partial(subscribe_destination, KINDS[name])):
            yield found
