"""Each test of billing has an empty storage."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def documents(settings, tmp_path: Path) -> Path:
    """Where the default storage keeps its files."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path
