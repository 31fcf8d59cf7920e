"""The relay touches a file, for a health check, while it can enter its state in the database."""

from pathlib import Path
from typing import Any

import pytest
import redis

from bus.relay.loop import Relay

pytestmark = pytest.mark.django_db(transaction=True)

NOWHERE = "redis://127.0.0.1:1/0"


@pytest.mark.parametrize("url", [None, NOWHERE])
def test_relay_touches_its_file_while_the_database_takes_its_state(
    broker: redis.Redis, settings: Any, tmp_path: Path, url: str | None
) -> None:
    if url:
        settings.BUS_REDIS_URL = url
    file = tmp_path / "relay.alive"

    Relay(file).step()

    assert file.exists()
