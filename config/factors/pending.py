"""Who has given a right password, but no code yet: kept in a session that opens nothing."""

import time
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.http import HttpRequest

from config.factors.devices import device_of

PENDING = "second_factor_pending"
PASSED = "second_factor"
"""The id of the device with whose code the session was opened."""
VALID = 10 * 60
"""Seconds from the password to the code."""


@dataclass(frozen=True)
class Pending:
    user: User
    backend: str
    onward: str


def needs_factor(user: User) -> bool:
    """Whether a password alone does not open a session."""
    return settings.STAFF_SECOND_FACTOR or device_of(user) is not None


def begin(request: HttpRequest, user: User, onward: str) -> None:
    """Remember who gave the right password, in a new session."""
    request.session.flush()
    request.session[PENDING] = {
        "user": user.pk,
        "backend": user.backend,  # type: ignore[attr-defined]  # set by authenticate()
        "hash": user.get_session_auth_hash(),
        "at": time.time(),
        "onward": onward,
    }


def pending(request: HttpRequest) -> Pending | None:
    """Who gave the right password here, within `VALID`, and has the same one still."""
    kept = request.session.get(PENDING)
    # No lower bound: the clock of the host that took the password may be a little ahead.
    if not kept or time.time() - kept["at"] >= VALID:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True, is_staff=True).first()
    if user is None or user.get_session_auth_hash() != kept["hash"]:
        return None
    return Pending(user, kept["backend"], kept["onward"])


def complete(request: HttpRequest, user: User, backend: str = "") -> None:
    """Open the user's session under a new key; it lasts as long as the device."""
    device = device_of(user)
    if backend:
        request.session.flush()
        login(request, user, backend)
    else:
        request.session.cycle_key()
    if device:
        request.session[PASSED] = device.pk
