"""The settings of the bus: defaults, their names in messages, and the checks."""

from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery, current_app

from bus import checks, conf


def said(check: Callable[[], list[Any]]) -> str:
    return " ".join(f"{one.id} {one.msg} {one.hint or ''}" for one in check())


def test_defaults_need_no_setting(settings: Any) -> None:
    for name in conf.DEFAULTS:
        delattr(settings, name)

    assert conf.redis_url() == conf.failpoints() == ""
    assert conf.key_prefix() == "bus-{id}:"
    assert conf.source() == "/"
    assert conf.name("BUS_REDIS_URL") == "BUS_REDIS_URL"


def test_misspelled_setting_is_refused_with_the_similar_one(settings: Any) -> None:
    settings.BUS_REDIS_ULR = "redis://:secret@localhost"

    assert said(checks.settings_are_known) == (
        "bus.E001 BUS_REDIS_ULR is no setting of the bus. Write BUS_REDIS_URL, or remove it."
    )


@pytest.mark.parametrize("url", ["localhost:6379", "redis://:secret@host:port", 6379])
def test_unreadable_broker_is_refused_without_its_value(settings: Any, url: Any) -> None:
    settings.BUS_REDIS_URL, settings.BUS_READ_FROM = url, {"BUS_REDIS_URL": "CACHE_URL"}

    assert said(checks.broker_can_be_read).startswith("bus.E002 CACHE_URL ")
    assert "secret" not in said(checks.broker_can_be_read)


def test_missing_broker_is_no_error(settings: Any) -> None:
    settings.BUS_REDIS_URL = ""

    assert said(checks.broker_can_be_read) == ""


def test_crash_points_are_refused_without_debug(settings: Any) -> None:
    settings.BUS_FAILPOINTS, settings.BUS_READ_FROM = "/tmp/points", {}

    assert said(checks.failpoints_are_off).startswith("bus.E004 BUS_FAILPOINTS is '/tmp/points'")
    settings.DEBUG = True
    assert said(checks.failpoints_are_off) == ""


def test_unconfigured_celery_app_is_refused(settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost"
    assert said(checks.celery_is_configured) == ""

    before = current_app._get_current_object()
    try:
        Celery("another")
        assert said(checks.celery_is_configured).startswith("bus.E003 The current Celery app")
        settings.BUS_REDIS_URL = ""  # as where everything is drained
        assert said(checks.celery_is_configured) == ""
    finally:
        before.set_current()


@pytest.mark.parametrize(
    ("mode", "said_of_it"),
    [(None, "is not set"), ("deferred", "is DEFERRED"), ("immediate", ""), ("EXCLUSIVE", "")],
)
def test_sqlite_without_immediate_locks_is_warned_about(
    settings: Any, mode: str | None, said_of_it: str
) -> None:
    options = {"transaction_mode": mode} if mode else {}
    settings.DATABASES = {"default": {"ENGINE": "shop.sqlite3", "OPTIONS": options}}

    assert said_of_it in said(checks.sqlite_locks_at_once)
    assert bool(said_of_it) == bool(said(checks.sqlite_locks_at_once))
