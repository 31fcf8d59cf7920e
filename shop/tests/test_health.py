"""The probes: up, and ready."""

import pytest
from django.db import connection, connections
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from django.utils import timezone

from bus.models import RelayState


def test_up_asks_no_database(client: Client) -> None:
    assert client.get("/healthz").json() == {"status": "up"}


@pytest.mark.django_db
def test_a_migrated_database_is_ready_without_a_broker(client: Client) -> None:
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unknown"


@pytest.mark.django_db
def test_a_broker_that_is_down_is_told_and_fails_nothing(client: Client) -> None:
    RelayState.objects.update_or_create(
        pk=RelayState.THE_ROW,
        defaults={"looked_at": timezone.now(), "broker_error": "refused by 10.0.0.1"},
    )

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["broker"] == "unreachable"
    assert b"10.0.0.1" not in answer.content


@pytest.mark.django_db
def test_a_missing_migration_is_not_ready(client: Client) -> None:
    MigrationRecorder(connection).record_unapplied("shop", "0001_initial")

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "missing"


@pytest.mark.django_db
def test_a_database_that_does_not_answer_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = connections.create_connection("default")
    away.settings_dict = away.settings_dict | {"NAME": "/no/where", "HOST": "127.0.0.1", "PORT": 1}
    monkeypatch.setattr("shop.health.connection", away)

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"
