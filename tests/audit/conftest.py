"""A settled shop for each test of the audit: made by the first, restored for the others."""

from pathlib import Path
from typing import Any

import pytest

from tests.damage import Shop, settled_shop
from tests.support.snapshot import Snapshot


@pytest.fixture(scope="session")
def settled(tmp_path_factory: pytest.TempPathFactory) -> "Settled":
    return Settled(tmp_path_factory.mktemp("settled"))


@pytest.fixture(autouse=True)
def shop(settled: "Settled", settings: Any, tmp_path: Path) -> Shop:
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.MEDIA_ROOT = tmp_path / "documents"
    return settled.shop({name: tmp_path / name for name in ("mail", "documents")})


class Settled:
    """The settled shop, and its snapshot once there is one."""

    def __init__(self, keep: Path) -> None:
        self._keep = keep
        self._made: tuple[Shop, Snapshot] | None = None

    def shop(self, folders: dict[str, Path]) -> Shop:
        if self._made is None:
            self._made = settled_shop(), Snapshot(self._keep, folders)
        else:
            self._made[1].restore(folders)
        return self._made[0]
