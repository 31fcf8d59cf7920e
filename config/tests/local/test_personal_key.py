"""The key that `up` makes for a laptop's shop."""

from pathlib import Path
from typing import Any

from bus import conf
from config.local import personal_key


def test_laptop_gets_a_key_once(settings: Any, tmp_path: Path) -> None:
    settings.DEBUG, settings.BUS_PERSONAL_KEYS = True, []
    settings.PERSONAL_KEY_FILE = tmp_path / "personal.key"

    personal_key.make()
    made = settings.PERSONAL_KEY_FILE.read_text()
    personal_key.make()

    assert conf.personal_keys() == [made.strip()]
    assert len(made) > 50
    assert settings.PERSONAL_KEY_FILE.read_text() == made
    assert settings.PERSONAL_KEY_FILE.stat().st_mode & 0o777 == 0o600


def test_other_shops_get_none(settings: Any, tmp_path: Path) -> None:
    settings.DEBUG, settings.BUS_PERSONAL_KEYS = False, []
    settings.PERSONAL_KEY_FILE = tmp_path / "personal.key"

    personal_key.make()

    assert list(tmp_path.iterdir()) == []
