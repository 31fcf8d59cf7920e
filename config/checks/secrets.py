"""Secrets are set, can be used, and are not known to others."""

from django.conf import settings
from django.core.checks.security.base import SECRET_KEY_INSECURE_PREFIX

from config.checks.check import Check
from shop.signing import BadSecret, signed_headers

SHORTEST_KEY, FEWEST_CHARACTERS = 32, 5
SHORTEST_SECRET = 8
KNOWN = ("only-for-a-laptop", "only-to-collect", "changeme", "change-me", "secret-key")
KNOWN_PASSWORDS = ("admin", "password", "flower", "changeme", "secret", "only-for-a-laptop")
ANEW = "`python3 -c 'import secrets; print(secrets.token_urlsafe(50))'` prints one"


def check_secret_key() -> Check:
    """Without DEBUG, the key is long and none of the well-known samples."""
    why = "it signs sessions and links"
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


def check_personal_keys() -> Check:
    """Without DEBUG, each key of PERSONAL_KEYS is long and none of the well-known samples."""
    name, why = "PERSONAL_KEYS", "they encrypt the personal data of events"
    if not settings.BUS_PERSONAL_KEYS:
        return Check(name, "empty: that data is in clear", why)
    for key in settings.BUS_PERSONAL_KEYS:
        if not settings.DEBUG and (fault := _fault(key)):
            return Check(name, fault, why, f"Set it to a long random text; {ANEW}.")
    return Check(name, "set", why)


def _fault(key: str) -> str:
    if key.startswith(SECRET_KEY_INSECURE_PREFIX) or any(known in key.lower() for known in KNOWN):
        return "is a well-known sample"
    if len(key) < SHORTEST_KEY:
        return f"has {len(key)} characters; the least is {SHORTEST_KEY}"
    if len(set(key)) < FEWEST_CHARACTERS:
        return f"has fewer than {FEWEST_CHARACTERS} different characters"
    return ""


def check_warehouse_secret() -> Check:
    """WAREHOUSE_SECRET can be used, where WAREHOUSE_URL is set."""
    name, why = "WAREHOUSE_SECRET", "it signs the messages to the warehouse"
    secret = settings.WAREHOUSE_SECRET
    if not secret:
        if settings.WAREHOUSE_URL:
            return Check(name, "is empty, and WAREHOUSE_URL is set", why, "Set both, or neither.")
        return Check(name, "empty: there is no WAREHOUSE_URL", why)
    try:
        signed_headers("", 0, b"", secret)
    except BadSecret:
        fix = "Copy it again: what follows whsec_ is base64."
        return Check(name, "cannot be read", why, fix)
    if not settings.DEBUG and len(secret.removeprefix("whsec_")) < SHORTEST_SECRET:
        fix = f"Agree on a random text with the warehouse, of {SHORTEST_SECRET} characters or more."
        return Check(name, f"has fewer than {SHORTEST_SECRET} characters", why, fix)
    return Check(name, "set", why)


def check_flower_login() -> Check:
    """FLOWER_AUTH is a login that Flower can use and others do not know."""
    name, why = "FLOWER_AUTH", "without a login, Flower answers every client"
    if not settings.WITH_FLOWER:
        return Check(name, "not needed: this broker has no Flower", why)
    if not settings.FLOWER_AUTH:
        made_up = (
            "admin / admin, because of DEBUG" if settings.DEBUG else "a new password at each start"
        )
        return Check(name, f"empty: {made_up}", why)
    user, colon, password = settings.FLOWER_AUTH.partition(":")
    if not (user and colon and password):
        return Check(name, "is not user:password", why, "Set FLOWER_AUTH=user:password.")
    if "," in settings.FLOWER_AUTH or not settings.FLOWER_AUTH.isascii():
        fix = "Set FLOWER_AUTH=user:password in ASCII, without a comma."
        return Check(
            name,
            "holds a comma or a character that is not ASCII, which Flower cannot read",
            why,
            fix,
        )
    if not settings.DEBUG and password.lower() in (*KNOWN_PASSWORDS, user.lower()):
        return Check(name, "has a well-known password", why, f"Set another; {ANEW}.")
    return Check(name, f"login {user}", why)
