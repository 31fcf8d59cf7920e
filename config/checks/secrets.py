"""Secrets that others cannot guess."""

from django.conf import settings
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX

from config.checks.check import Check
from fulfillment.warehouse.signing import BadSecret, signed_headers

SHORTEST_KEY, FEWEST_SIGNS = 32, 5
SHORTEST_SECRET = 8
KNOWN = ("only-for-a-laptop", "only-to-collect", "changeme", "change-me", "secret-key")
KNOWN_PASSWORDS = ("admin", "password", "flower", "changeme", "secret", "only-for-a-laptop")
ANEW = "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` prints one"


def check_secret_key() -> Check:
    """Without DEBUG the key is long and nobody else's."""
    why = "sessions and links are signed with it"
    if settings.DEBUG:
        return Check("SECRET_KEY", "set", why)
    for name, keys in {
        "SECRET_KEY": [settings.SECRET_KEY],
        "SECRET_KEY_FALLBACKS": settings.SECRET_KEY_FALLBACKS,
    }.items():
        for key in keys:
            if fault := _fault(key):
                return Check(name, fault, why, f"Set it to a long random text; {ANEW}.")
    return Check("SECRET_KEY", "set", why)


def _fault(key: str) -> str:
    if key.startswith(SECRET_KEY_INSECURE_PREFIX) or any(known in key.lower() for known in KNOWN):
        return "is one that others know"
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} signs; it must have {SHORTEST_KEY} or more"
    if len(set(key)) < FEWEST_SIGNS:
        return "repeats a few signs"
    return ""


def check_warehouse_secret() -> Check:
    """A WAREHOUSE_SECRET that can be used, where there is a warehouse to sign for."""
    name, why = "WAREHOUSE_SECRET", "the warehouse knows our messages by it"
    secret = settings.WAREHOUSE_SECRET
    if not secret:
        if settings.WAREHOUSE_URL:
            return Check(name, "is empty, and WAREHOUSE_URL is set", why, "Set both, or neither.")
        return Check(name, "empty: there is no WAREHOUSE_URL", why)
    try:
        signed_headers(secret, "", 0, b"")
    except BadSecret:
        fix = "Copy it anew: what follows whsec_ is base64."
        return Check(name, "cannot be read", why, fix)
    if not settings.DEBUG and len(secret.removeprefix("whsec_")) < SHORTEST_SECRET:
        fix = "Agree on a long random text with the warehouse."
        return Check(name, f"has less than {SHORTEST_SECRET} signs", why, fix)
    return Check(name, "set", why)


def check_flower_login() -> Check:
    """Nobody but who knows FLOWER_AUTH looks into Flower."""
    name, why = "FLOWER_AUTH", "without a login Flower would answer everybody"
    if not settings.FLOWER_AUTH:
        made_up = "admin / admin, because of DEBUG" if settings.DEBUG else "made up at each start"
        return Check(name, f"empty: {made_up}", why)
    user, colon, password = settings.FLOWER_AUTH.partition(":")
    if not (user and colon and password):
        return Check(name, "is not user:password", why, "Set FLOWER_AUTH=user:password.")
    if "," in settings.FLOWER_AUTH or not settings.FLOWER_AUTH.isascii():
        fix = "Set FLOWER_AUTH=user:password in plain letters, digits and signs, without a comma."
        return Check(name, "holds a sign that Flower cannot read: a comma, or no ASCII", why, fix)
    if not settings.DEBUG and password.lower() in (*KNOWN_PASSWORDS, user.lower()):
        return Check(name, "has a password that others know", why, f"Set another; {ANEW}.")
    return Check(name, f"login {user}", why)
