"""The nightly tasks run their checks and keep the findings."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bus import jobs
from bus.audit import Finding, checks
from bus.models import AuditResult
from config import nightly
from config.celery import app
from tests.support.fresh_process import tasks_of_a_worker


def test_worker_has_every_task_in_the_schedule_of_beat() -> None:
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert asked <= tasks_of_a_worker()


def test_beat_schedules_every_nightly_task() -> None:
    asked = {entry["task"] for entry in app.conf.beat_schedule.values()}

    assert asked == {nightly.audit.name, nightly.prune.name}


def test_beat_and_jobs_have_the_same_times() -> None:
    times = {
        entry["task"]: (entry["schedule"].hour, entry["schedule"].minute)
        for entry in app.conf.beat_schedule.values()
    }

    assert times == {job.name: ({job.at.hour}, {job.at.minute}) for job in jobs.by_name.values()}


@pytest.mark.django_db
def test_nightly_audit_fails_on_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def finds() -> Iterator[Finding]:
        yield Finding("SO-100042", "has no OrderPlaced")

    monkeypatch.setitem(checks.by_rule, "every test finds something", finds)

    with pytest.raises(nightly.AuditFoundSomething, match="1 findings"):
        nightly.audit()


@pytest.mark.django_db
def test_failing_check_is_a_finding_and_others_run(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    customer = "Ada Lovelace"

    def finds_and_fails() -> Iterator[Finding]:
        yield Finding("SO-1", "is wrong")
        raise ValueError(customer)

    def finds() -> Iterator[Finding]:
        yield Finding("SO-2", "is wrong")

    monkeypatch.setattr(checks, "by_rule", {"the first": finds_and_fails, "the second": finds})

    with pytest.raises(nightly.AuditFoundSomething, match="3 findings"):
        nightly.audit()

    told = [record.getMessage() for record in caplog.records]
    assert "audit: the first: the check failed: ValueError" in told
    assert "audit: the second: SO-2 is wrong" in told
    assert "Lovelace" not in caplog.text
    kept = AuditResult.objects.values_list("rule", "findings", "unseen")
    assert list(kept) == [("the first", 2, False), ("the second", 1, False)]


@pytest.mark.django_db
def test_unseen_check_fails_no_audit_and_keeps_earlier_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers = [Finding("the folder", "cannot be seen from here", unseen=True)]
    monkeypatch.setattr(checks, "by_rule", {"files": lambda: answers})

    nightly.audit()
    assert AuditResult.objects.get().unseen

    answers[:] = [Finding("RE-1", "is missing")]
    with pytest.raises(nightly.AuditFoundSomething):
        nightly.audit()
    answers[:] = [Finding("the folder", "cannot be seen from here", unseen=True)]
    nightly.audit()
    assert (AuditResult.objects.get().findings, AuditResult.objects.get().unseen) == (1, False)

    answers.clear()
    nightly.audit()
    assert AuditResult.objects.get().findings == 0


@pytest.mark.django_db
def test_nightly_prune_removes_half_written_documents(documents_folder: Path) -> None:
    documents_folder.mkdir()
    draft = documents_folder / f".RE-1.pdf.{'0' * 16}.part"
    draft.write_bytes(b"half")
    os.utime(draft, (0, 0))

    nightly.prune()

    assert list(documents_folder.iterdir()) == []
