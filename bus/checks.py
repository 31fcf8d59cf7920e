"""System checks of the bus's settings. The relay runs all checks with this tag before it starts."""

from difflib import get_close_matches
from typing import Any

from celery import current_app
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

from bus import conf, sealing
from bus.broker.address import read
from bus.broker.url import BadAddress
from bus.celery import Amqp
from bus.contract import event_types

TAG = "bus"


@register(TAG)
def settings_are_known(**_options: Any) -> list[CheckMessage]:
    """A misspelled setting would have no effect."""
    return [
        Error(f"{name} is no setting of the bus.", hint=_meant(name), id="bus.E001")
        for name in dir(settings)
        if name.startswith("BUS_") and name not in conf.DEFAULTS
    ]


def _meant(name: str) -> str:
    near = get_close_matches(name, conf.DEFAULTS, n=1, cutoff=0)
    return f"Write {near[0]}, or remove it."


@register(TAG)
def broker_can_be_read(**_options: Any) -> list[CheckMessage]:
    """The value is never shown: it may hold a password."""
    url = conf.redis_url()
    try:
        if url:
            read(url)
    except BadAddress as error:
        return [Error(f"{conf.name('BUS_REDIS_URL')} {error}", id="bus.E002")]
    return []


@register(TAG)
def celery_is_configured(**_options: Any) -> list[CheckMessage]:
    """With a broker, the relay sends by the current Celery app, and workers run it."""
    if not conf.redis_url() or current_app.amqp_cls is Amqp:
        return []
    hint = (
        "Call bus.celery.configure(app) where it is made, and import it in the project's package."
    )
    return [
        Error("The current Celery app is not configured for the bus.", hint=hint, id="bus.E003")
    ]


@register(TAG)
def sqlite_locks_at_once(**_options: Any) -> list[CheckMessage]:
    """Otherwise a transaction that reads first fails at once where another process has written."""
    database = settings.DATABASES["default"]
    mode = str(database.get("OPTIONS", {}).get("transaction_mode", "")).upper()
    if not database["ENGINE"].endswith("sqlite3") or mode in ("IMMEDIATE", "EXCLUSIVE"):
        return []
    what = f"transaction_mode in the OPTIONS of {conf.name('DATABASES')} is {mode or 'not set'}."
    hint = 'Set it to "IMMEDIATE"; else SQLite reports "database is locked" under load.'
    return [Warning(what, hint=hint, id="bus.W001")]


@register(TAG, deploy=True)
def personal_data_is_encrypted(**_options: Any) -> list[CheckMessage]:
    """Only under `check --deploy`: while a release is rolled out, the one before cannot decrypt."""
    if sealing.is_on() or not any(one.personal for one in event_types()):
        return []
    name = conf.name("BUS_PERSONAL_KEYS")
    what = f"{name} is empty: the personal data of events is stored in clear."
    hint = "Set it to a long random text, then run `manage.py encrypt`."
    return [Warning(what, hint=hint, id="bus.W002")]


@register(TAG, deploy=True)
def failpoints_are_off(**_options: Any) -> list[CheckMessage]:
    """Only under `check --deploy`: tests set the folder without DEBUG."""
    folder = conf.failpoints()
    if not folder or settings.DEBUG:
        return []
    name = conf.name("BUS_FAILPOINTS")
    what = f"{name} is {folder!r}, and DEBUG is off: a file there kills or holds a process."
    return [Error(what, hint=f"Leave {name} empty; it is for tests alone.", id="bus.E004")]
