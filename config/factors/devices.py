"""The app that makes a user's codes, and the user's recovery codes."""

import re
import secrets
from base64 import b32encode
from hashlib import sha256

from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.utils import timezone
from django_otp import verify_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

RECOVERY_CODES = 10
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
"""32 letters and digits, none of which is taken for another."""
LENGTH = 16
"""Of a recovery code, 80 bits: too many to be guessed from a fast hash."""
OF_APP = re.compile("[0-9]{6}")


class AlreadyEnrolled(Exception):
    """The user has an app already; another browser was quicker."""


def device_of(user: User | AnonymousUser) -> TOTPDevice | None:
    """The user's app; None without a second factor."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).first()
    return found


def new_key() -> str:
    """A secret of 160 bits in hexadecimal, as RFC 4226 recommends."""
    return secrets.token_hex(20)


def readable_key(key: str) -> str:
    """The key as an app reads it when it is typed: Base32 (RFC 4648) in groups of four."""
    text = b32encode(bytes.fromhex(key)).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def unsaved(user: User, key: str) -> TOTPDevice:
    return TOTPDevice(user=user, name="app", key=key)


@transaction.atomic
def enrol(user: User, key: str, code: str) -> list[str] | None:
    """Keep the app with this key; returns new recovery codes, or None if the code is wrong.

    Raises:
        AlreadyEnrolled: the user has an app already.
    """
    User.objects.select_for_update().get(pk=user.pk)
    if device_of(user):
        raise AlreadyEnrolled
    device = unsaved(user, key)
    device.save()
    if not (OF_APP.fullmatch(code) and device.verify_token(code)):
        device.delete()
        return None
    return renew_recovery_codes(user)


def verify(user: User, text: str) -> bool:
    """Whether this is a code of the user's app, or a recovery code; neither can be used again.

    The device is locked meanwhile, so one of two equal codes sent at once is refused. Wrong ones
    count in the database: each doubles the time for which the device refuses all (`wait_of`).
    """
    device, code = _device_for(user, text)
    return bool(device) and verify_token(user, device.persistent_id, code) is not None


def wait_of(user: User, text: str) -> int:
    """Seconds for which the device that this code is for refuses every code.

    An app that is locked by wrong codes does not lock the recovery codes.
    """
    device, _code = _device_for(user, text)
    allowed, refusal = device.verify_is_allowed() if device else (True, None)
    return 0 if allowed else int((refusal["locked_until"] - timezone.now()).total_seconds()) + 1


def _device_for(user: User, text: str) -> tuple[TOTPDevice | StaticDevice | None, str]:
    """The device that a code is for, and the code as the device reads it."""
    code = re.sub(r"[\s-]", "", text).lower()
    if OF_APP.fullmatch(code):
        return device_of(user), code
    return StaticDevice.objects.filter(user=user).first(), _hashed(code)


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """Replace the user's recovery codes; only their hashes are kept."""
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [
        "".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(RECOVERY_CODES)
    ]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_hashed(code)) for code in codes
    )
    return ["-".join(code[at : at + 4] for at in range(0, LENGTH, 4)) for code in codes]


def recovery_codes_left(user: User) -> int:
    return int(StaticToken.objects.filter(device__user=user).count())


@transaction.atomic
def remove(user: User) -> bool:
    """Remove the user's second factor, which ends the sessions that it opened.

    Returns False if there was none.
    """
    StaticDevice.objects.filter(user=user).delete()
    removed, _ = TOTPDevice.objects.filter(user=user).delete()
    return bool(removed)


def _hashed(code: str) -> str:
    """The first 80 bits, in the 16 characters that a token's column has."""
    return b32encode(sha256(code.encode()).digest()[:10]).decode()
