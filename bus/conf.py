"""The settings of the bus, read from Django's settings here and nowhere else."""

from typing import Any

from django.conf import settings

DEFAULTS = {
    "BUS_REDIS_URL": "",
    "BUS_KEY_PREFIX": "bus-{id}:",
    "BUS_SOURCE": "/",
    "BUS_FAILPOINTS": "",
    "BUS_READ_FROM": {},
}


def redis_url() -> str:
    """Address of the broker; empty where there is none, and `manage.py relay --drain` does all."""
    return str(_value("BUS_REDIS_URL"))


def key_prefix() -> str:
    """What the name of each key in Redis begins with; `{id}` in it stands for the database's."""
    return str(_value("BUS_KEY_PREFIX"))


def source() -> str:
    """The `source` of events as CloudEvents: a URI of what publishes them."""
    return str(_value("BUS_SOURCE"))


def failpoints() -> str:
    """A folder with which tests stop processes (`bus.failpoints`); empty: off."""
    return str(_value("BUS_FAILPOINTS"))


def name(setting: str) -> str:
    """How messages name a setting: as the project's own variable that it is read from, if any."""
    return str(_value("BUS_READ_FROM").get(setting, setting))


def _value(setting: str) -> Any:
    return getattr(settings, setting, DEFAULTS[setting])
