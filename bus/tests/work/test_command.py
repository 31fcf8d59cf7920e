"""What `manage.py work` refuses, each in a sentence with the way out."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command

from bus.tests.conftest import Happened, Subscribed


def react(event: Happened) -> None: ...


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--queues", "desk,attic"],
            "--queues names 'attic', and no app of INSTALLED_APPS has such a queue. The queues are",
        ),
        (["--processes", "0"], "'0' must be a whole number from 1 to 200."),
        (["--processes", "many"], "'many' must be a whole number from 1 to 200."),
    ],
)
def test_option_that_cannot_be_used_is_refused(
    subscribed: Subscribed, options: list[str], sentence: str
) -> None:
    subscribed(react)

    with pytest.raises(CommandError) as refused:
        call_command("work", *options)

    assert sentence in str(refused.value)


def test_work_beside_a_broker_is_refused(settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    settings.BUS_READ_FROM = {"BUS_REDIS_URL": "CACHE_URL"}

    with pytest.raises(CommandError, match="CACHE_URL names a broker, so a relay and workers"):
        call_command("work")
