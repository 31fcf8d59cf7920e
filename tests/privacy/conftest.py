"""A shop that has cups and writes its mails into a folder."""

from pathlib import Path
from typing import Any

import pytest

from bus.worker.registration import register
from inventory.services import receive_stock
from shop.models import Product


@pytest.fixture(autouse=True)
def shop(transactional_db: None, settings: Any, tmp_path: Path) -> None:
    settings.BUS_PERSONAL_KEYS = ["a" * 50]
    settings.MEDIA_ROOT = tmp_path / "documents"
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    Product.objects.create(sku="CUP", name="A cup", unit_price="11.90")
    receive_stock("CUP", 9, "a test")
    register()
