"""A settled shop for each test of the audit."""

from pathlib import Path
from typing import Any

import pytest

from tests.damage import Shop, settled_shop


@pytest.fixture(autouse=True)
def shop(settings: Any, tmp_path: Path) -> Shop:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"
    return settled_shop()
