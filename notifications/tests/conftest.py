"""A folder for the mails of tests without a mail server, and a document to attach."""

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from notifications.tests.samples import PDF


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Callable[[], list[EmailMessage]]:
    """The laptop's way: a function that reads the folder's mails."""
    settings.EMAIL_BACKEND = "shop.mail.folder.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"

    def read() -> list[EmailMessage]:
        paths = sorted((tmp_path / "mail").glob("*.eml"))
        return [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]

    return read


@pytest.fixture
def stored_pdf(settings: Any, tmp_path: Path) -> str:
    settings.MEDIA_ROOT = tmp_path / "documents"
    settings.MEDIA_ROOT.mkdir()
    (settings.MEDIA_ROOT / "RE-2026-000017.pdf").write_bytes(PDF)
    return "RE-2026-000017.pdf"
