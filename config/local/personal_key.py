"""The key by which a laptop's shop encrypts the personal data of events."""

import secrets
from pathlib import Path

from django.conf import settings


def make() -> None:
    """Write a key to PERSONAL_KEY_FILE, where all processes find it, unless there is one.

    Under DEBUG alone: elsewhere a key belongs where the operator's other secrets are.
    """
    if settings.BUS_PERSONAL_KEYS or not settings.DEBUG:
        return
    file: Path = settings.PERSONAL_KEY_FILE
    key = secrets.token_urlsafe(50)
    draft = file.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_text(f"{key}\n")
    draft.replace(file)
    settings.BUS_PERSONAL_KEYS = [key]
