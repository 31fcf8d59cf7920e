"""A transaction is done again after trouble, also when the time limit strikes while it waits."""

import time

import pytest
from celery.exceptions import SoftTimeLimitExceeded
from django.db import OperationalError

from bus.worker.errors import retry_on_trouble

pytestmark = pytest.mark.django_db


def test_time_limit_during_a_retry_pause_loses_no_write(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tries: list[str] = []

    def write() -> str:
        tries.append("try")
        if len(tries) == 1:
            raise OperationalError("the server is starting up")
        return "written"

    def interrupted(_seconds: float) -> None:
        raise SoftTimeLimitExceeded

    monkeypatch.setattr(time, "sleep", interrupted)

    assert retry_on_trouble(write, on=(OperationalError, SoftTimeLimitExceeded)) == "written"


def test_last_error_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    def write() -> None:
        raise OperationalError("the server is gone")

    with pytest.raises(OperationalError, match="gone"):
        retry_on_trouble(write)
