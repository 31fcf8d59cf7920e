"""The probes: up, and ready."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from bus.models import AuditResult, RelayState

CROWD = 12


def test_healthz_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "up"}


@pytest.mark.django_db
def test_readyz_is_ready_without_broker(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unknown"


@pytest.mark.django_db
def test_readyz_reports_broken_broker_and_stays_ready(client: Client, settings: Any) -> None:
    settings.BUS_REDIS_URL = "redis://localhost:1/0"
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW,
        defaults={"looked_at": timezone.now(), "broker_error": "refused by 10.0.0.1"},
    )

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unreachable"
    assert b"10.0.0.1" not in answer.content


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("url", "minutes_ago", "broker", "relay"),
    [
        ("redis://localhost:1/0", 0, "ok", "at work"),
        ("redis://localhost:1/0", 2, "unknown", "silent"),
        ("", 0, "none", "at work"),
    ],
)
def test_report_of_silent_relay_is_not_repeated(
    client: Client, settings: Any, url: str, minutes_ago: int, broker: str, relay: str
) -> None:
    settings.BUS_REDIS_URL = url
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW,
        defaults={"looked_at": timezone.now() - timedelta(minutes=minutes_ago)},
    )

    answer = client.get("/readyz").json()

    assert (answer["status"], answer["broker"], answer["relay"]) == ("ready", broker, relay)
    assert 0 <= answer["relay_seconds_ago"] - 60 * minutes_ago < 60


@pytest.mark.django_db
def test_readyz_fails_on_missing_migration(client: Client) -> None:
    last = MigrationLoader(connection).graph.leaf_nodes("shop")[0]
    MigrationRecorder(connection).record_unapplied(*last)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "missing"


@pytest.mark.django_db
def test_readyz_fails_without_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    away = connections.create_connection("default")
    away.settings_dict = away.settings_dict | {"NAME": "/no/where", "HOST": "127.0.0.1", "PORT": 1}
    monkeypatch.setattr("shop.health.connection", away)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


@pytest.mark.django_db
def test_readyz_counts_what_needs_a_person_without_names(client: Client) -> None:
    AuditResult.objects.create(rule="sums add up", findings=3, unseen=False)

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["needs_a_person"] == {"audit findings": 3}
    assert b"sums" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_concurrent_requests_share_one_check(monkeypatch: Any) -> None:
    """One look that had begun before most of them asked, and one for all of these."""
    asked: list[None] = []
    looks: list[None] = []
    all_requested = Event()

    def clock() -> float:
        asked.append(None)
        if len(asked) > CROWD:  # each asks once, and the first look asks when it begins
            all_requested.set()
        return time.monotonic()

    def slow() -> dict[str, int]:
        looks.append(None)
        assert all_requested.wait(30)
        return {}

    monkeypatch.setattr("shop.health.time", SimpleNamespace(monotonic=clock))
    monkeypatch.setattr("shop.health.attention.counts", slow)

    def ask(_number: int) -> int:
        try:
            return Client().get("/readyz").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(CROWD) as pool:
        answers = list(pool.map(ask, range(CROWD)))

    assert answers == [200] * CROWD
    assert len(looks) == 2
