"""What beat starts at night."""

from collections.abc import Iterator

import pytest

from bus.audit import Finding, rules
from config import nightly
from config.celery import app
from tests.house import known_to_a_worker


def test_a_worker_knows_every_task_that_beat_asks_for() -> None:
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert asked <= known_to_a_worker()


def test_beat_asks_for_every_nightly_task() -> None:
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert asked == {nightly.audit.name, nightly.prune.name}


@pytest.mark.django_db
def test_a_finding_fails_the_nightly_audit(monkeypatch: pytest.MonkeyPatch) -> None:
    def finds() -> Iterator[Finding]:
        yield Finding("SO-100042", "has no OrderPlaced")

    monkeypatch.setitem(rules._checks, "every test finds something", finds)

    with pytest.raises(nightly.AuditFoundSomething, match="1 findings"):
        nightly.audit()
