"""Encryption of personal data by AES-GCM, under a key of each person.

A person's key is stored encrypted by a master key of the settings: the first one encrypts, all of
them decrypt. Without master keys, personal data is stored in clear.
"""

import base64
import hmac
import json
import secrets
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from bus import conf
from bus.events import UnreadableEvent

NONCE = 12
"""Bytes, as NIST SP 800-38D advises. Random: one key seals the events of one person, far fewer than
the 2^32 for which that is safe."""


class CannotDecrypt(UnreadableEvent):
    """Its master key is not in the settings, or the row was changed. The text holds no data."""


def is_on() -> bool:
    """Whether personal data is encrypted."""
    return bool(conf.personal_keys())


def digests(person: str) -> list[str]:
    """Keyed hashes of a person: the one that is written now, then those of earlier keys.

    By the master keys, and by SECRET_KEY: what was recorded before there were any.
    """
    keys = [*conf.personal_keys(), settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [_derived(key, f"person {person}").hex() for key in keys]


def new_secret() -> str:
    """A new key for a person, encrypted by the first master key, whose name precedes it."""
    return _wrapped(AESGCM.generate_key(256))


def is_newest(secret: str) -> bool:
    """Whether a person's key is encrypted by the first master key."""
    return secret.startswith(newest())


def newest() -> str:
    """What the keys begin with that are encrypted by the first master key."""
    return f"{_name(conf.personal_keys()[0])}."


def seal(personal: dict[str, Any], secret: str, event: UUID) -> str:
    """The personal data of an event, encrypted by the person's key for this event alone."""
    return _encrypted(_unwrapped(secret), json.dumps(personal).encode(), event.bytes)


@dataclass(frozen=True)
class Stored:
    """The personal data of an event as its row has it: an object in clear, or a sealed text."""

    data: Any
    secret: str | None
    event: UUID

    def opened(self) -> dict[str, Any] | None:
        """The personal data; None if the person's key was erased.

        Raises:
            CannotDecrypt: see there.
        """
        if not isinstance(self.data, str):
            clear: dict[str, Any] = self.data
            return clear
        if self.secret is None:
            return None
        try:
            plain = _decrypted(_unwrapped(self.secret), self.data, self.event.bytes)
        except InvalidTag:
            raise CannotDecrypt(
                f"The personal data of event {self.event} was changed, or is another event's."
            ) from None
        opened: dict[str, Any] = json.loads(plain)
        return opened


def _wrapped(key: bytes) -> str:
    master = conf.personal_keys()[0]
    return f"{_name(master)}.{_encrypted(_master(master), key, b'')}"


def _unwrapped(secret: str) -> bytes:
    name, _, sealed = secret.partition(".")
    for master in conf.personal_keys():
        if _name(master) == name:
            try:
                return _decrypted(_master(master), sealed, b"")
            except InvalidTag:
                raise CannotDecrypt("The key of a person was changed.") from None
    raise CannotDecrypt(
        f"The master key {name} is not in {conf.name('BUS_PERSONAL_KEYS')}; add it there again, "
        "then deliver again."
    )


@cache
def _name(master: str) -> str:
    """What tells master keys apart, and tells nothing of them."""
    return _derived(master, "name").hex()[:16]


@cache
def _master(master: str) -> bytes:
    return _derived(master, "master key")


def _derived(key: str, purpose: str) -> bytes:
    return hmac.digest(key.encode(), f"bus.sealing {purpose}".encode(), "sha256")


def _encrypted(key: bytes, plain: bytes, bound_to: bytes) -> str:
    nonce = secrets.token_bytes(NONCE)
    return base64.b64encode(nonce + AESGCM(key).encrypt(nonce, plain, bound_to)).decode()


def _decrypted(key: bytes, sealed: str, bound_to: bytes) -> bytes:
    whole = base64.b64decode(sealed)
    return AESGCM(key).decrypt(whole[:NONCE], whole[NONCE:], bound_to)
