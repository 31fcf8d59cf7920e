"""The settings of the bus, read from Django's settings here and nowhere else."""

from typing import Any

from django.conf import settings

DEFAULTS = {
    "BUS_REDIS_URL": "",
    "BUS_KEY_PREFIX": "bus-{id}:",
    "BUS_SOURCE": "/",
    "BUS_FAILPOINTS": "",
    "BUS_METRICS_HOST": "127.0.0.1",
    "BUS_METRICS_PORT": 0,
    "BUS_METRICS_PREFIX": "bus",
    "BUS_PERSONAL_KEYS": [],
    "BUS_READ_FROM": {},
}


def redis_url() -> str:
    """Address of the broker; empty where there is none, and `manage.py work` does all."""
    return str(_value("BUS_REDIS_URL"))


def has_broker() -> bool:
    """Whether there is a broker."""
    return bool(redis_url())


def key_prefix() -> str:
    """What the name of each key in Redis begins with; `{id}` in it stands for the database's."""
    return str(_value("BUS_KEY_PREFIX"))


def source() -> str:
    """The `source` of events as CloudEvents: a URI of what publishes them."""
    return str(_value("BUS_SOURCE"))


def failpoints() -> str:
    """A folder with which tests stop processes (`bus.failpoints`); empty: off."""
    return str(_value("BUS_FAILPOINTS"))


def metrics_host() -> str:
    """The address at which each process serves its metrics: this machine's own, if not set."""
    return str(_value("BUS_METRICS_HOST"))


def metrics_port() -> int:
    """The port at which this process serves its metrics; 0: it serves none."""
    return int(_value("BUS_METRICS_PORT"))


def metrics_prefix() -> str:
    """What the name of each metric begins with."""
    return str(_value("BUS_METRICS_PREFIX"))


def personal_keys() -> list[str]:
    """Master keys of personal data: the first one encrypts, all decrypt. None: it is in clear."""
    return list(_value("BUS_PERSONAL_KEYS"))


def name(setting: str) -> str:
    """How messages name a setting: as the project's own variable that it is read from, if any."""
    return str(_value("BUS_READ_FROM").get(setting, setting))


def _value(setting: str) -> Any:
    return getattr(settings, setting, DEFAULTS[setting])
