"""The console's pages of jobs and of the quarantine."""

import socket
import time
from typing import Any

import pytest
import redis
from django.test import Client
from django.urls import reverse

from bus.broker.keys import key
from bus.broker.quarantine import QUARANTINE
from bus.models import JobRun
from bus.tests.staff import signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def page(client: Client, name: str) -> str:
    answer = client.get(reverse(f"admin:bus_console_{name}"))
    assert answer.status_code == 200
    return answer.content.decode()


def test_job_is_requested_by_an_operator(operator: Client, stocktaking: list[str]) -> None:
    before = page(operator, "jobs")
    operator.post(reverse("admin:bus_console_jobs"), {"job": "desk.stocktaking"})

    assert JobRun.objects.get().requested_by == "ada"
    assert "Requested" in (after := page(operator, "jobs"))
    assert ("bus/reload.js" in before, "bus/reload.js" in after) == (False, True)


def test_job_is_not_requested_by_a_viewer(client: Client, stocktaking: list[str]) -> None:
    signed_in(client, "view_delivery")

    answer = client.post(reverse("admin:bus_console_jobs"), {"job": "desk.stocktaking"})

    assert answer.status_code == 403
    assert not JobRun.objects.exists()
    assert "Run now" not in page(client, "jobs")


def test_job_without_a_run_says_when_it_is_sent(operator: Client, stocktaking: list[str]) -> None:
    said = page(operator, "jobs")

    assert "No run yet. It is due every day at 03:00; if that has passed, check that beat" in said


def test_unknown_job_is_refused_on_the_page(operator: Client, stocktaking: list[str]) -> None:
    answer = operator.post(reverse("admin:bus_console_jobs"), {"job": "audit"}, follow=True)

    assert "There is no job audit" in answer.content.decode()


def test_quarantine_lists_and_drops(operator: Client, broker: redis.Redis) -> None:
    broker.lpush(key(QUARANTINE), "<first>", b"\xff second", "third")
    said = page(operator, "quarantine")
    assert "&lt;first&gt;" in said
    assert "<b>3</b> malformed messages" in said
    mark = said.split('name="mark" value="')[1].split('"')[0]
    address = reverse("admin:bus_console_quarantine")

    operator.post(address, {"mark": mark, "chosen": "1"})
    assert broker.lrange(key(QUARANTINE), 0, -1) == [b"\xff second", b"<first>"]

    operator.post(address, {"all": "1"})
    assert not broker.exists(key(QUARANTINE))


def test_quarantine_is_not_dropped_by_a_viewer(client: Client, broker: redis.Redis) -> None:
    broker.lpush(key(QUARANTINE), "first")
    signed_in(client, "view_delivery")

    answer = client.post(reverse("admin:bus_console_quarantine"), {"all": "1"})

    assert answer.status_code == 403
    assert broker.llen(key(QUARANTINE)) == 1


def test_quarantine_says_that_redis_is_away(operator: Client, settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://127.0.0.1:1/0"

    said = page(operator, "quarantine")

    assert "Redis does not answer" in said
    assert "is not known" in said
    operator.post(reverse("admin:bus_console_quarantine"), {"all": "1"})


def test_quarantine_does_not_wait_for_a_silent_redis(operator: Client, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.BUS_REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        began = time.monotonic()

        assert "Redis does not answer" in page(operator, "quarantine")

    # With the client's own retries it took 27 s.
    assert time.monotonic() - began < 8


def test_quarantine_without_a_broker_has_no_messages(operator: Client, settings: Any) -> None:
    settings.BUS_REDIS_URL = ""

    said = page(operator, "quarantine")

    assert "There is no broker, so there are no messages." in said
    assert "alarm" not in said.split('class="console"')[1]
