"""The documents' folder and the database belong together."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from pytest_django.fixtures import Settings

from billing import folder
from config.checks.documents import check_documents


@pytest.mark.django_db
def test_documents_of_another_database_refuse_the_start(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    assert not check_documents().fails
    path = settings.MEDIA_ROOT / "invoices" / "2026" / "INV-2026-000001.pdf"
    path.parent.mkdir(parents=True)
    path.touch()

    found = check_documents()

    assert found.fails
    assert "another database" in found.state
    assert "VAR_DIR" in found.fix
    with pytest.raises(SystemCheckError, match="another database"):
        call_command("check", "--deploy", "--tag", "shop", "--database", "default")
    assert list(settings.MEDIA_ROOT.rglob("*")) == [path.parent.parent, path.parent, path]


@pytest.mark.django_db
def test_database_older_than_its_documents_is_refused(settings: Settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "documents"
    folder.claim()
    path = settings.MEDIA_ROOT / "invoices" / "2026" / "INV-2026-000001.pdf"
    path.parent.mkdir(parents=True)
    path.touch()

    assert "audit --repair" in check_documents().fix
