"""Processes are limited, killed and replaced, and what they had comes back."""

import errno
import os
import signal
import time
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.db.models.functions import Now

from bus import Queue
from bus.models import Delivery, FailedAttempt, State
from bus.store.claims import Batch
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, delivery, happened, note, notes, states
from bus.tests.work.running import Until, new_loop, nothing_open
from bus.work import pool
from bus.work.loop import WorkLoop
from bus.work.pool import Pool

pytestmark = pytest.mark.django_db(transaction=True)

FIRST, SECOND = happened(1, 2)


@pytest.fixture(autouse=True)
def _memory_without_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A fork of the tests' own process may begin above the shop's limit."""
    monkeypatch.setitem(current_app.conf, "worker_max_memory_per_child", 0)


def react(event: Happened) -> None:
    note(str(event.number))


def all_closed_without_waits(loop: WorkLoop) -> bool:
    """Whether nothing is open. The lease of what a lost process has left ends at once."""
    if not loop.pool.busy:
        Delivery.objects.filter(state=State.RUNNING).update(lease_until=Now())
    return nothing_open()


def short(seconds: float) -> Queue:
    return Queue("desk", hard_limit=timedelta(seconds=seconds))


def test_soft_limit_is_raised_in_the_handler(subscribed: Subscribed) -> None:
    def be_slow(event: Happened) -> None:
        time.sleep(20)

    subscribed(be_slow, queue=short(0.8))
    loop = new_loop()
    given(FIRST)

    loop.run(Until(Delivery.objects.filter(error__contains="SoftTimeLimitExceeded").exists))

    assert states() == {"1": State.WAITING}


def test_process_over_its_hard_limit_is_killed_and_replaced(subscribed: Subscribed) -> None:
    def hang(event: Happened, key: str) -> None:
        if event.number == 1:
            signal.signal(signal.SIGALRM, signal.SIG_IGN)
            time.sleep(60)
        note(str(event.number))

    subscribed(hang, external=True, queue=short(0.5), batch=1)
    loop = new_loop(processes=1)
    given(FIRST, SECOND)

    loop.run(Until(lambda: notes() == ["2"]))

    # Its lease brings it back: it may have had an effect.
    assert states() == {"1": State.SENDING, "2": State.DONE}


def test_hard_limit_holds_during_a_stop(subscribed: Subscribed) -> None:
    def hang(event: Happened, key: str) -> None:
        signal.signal(signal.SIGALRM, signal.SIG_IGN)
        time.sleep(60)

    subscribed(hang, external=True, queue=short(0.5))
    loop = new_loop(processes=1)
    given(FIRST)

    loop.run(Until(Delivery.objects.filter(state=State.SENDING).exists))

    assert states() == {"1": State.SENDING}


def test_delivery_of_a_killed_process_is_performed_by_the_next(subscribed: Subscribed) -> None:
    def die_once(event: Happened) -> None:
        if delivery(1).attempts == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        note(str(event.number))

    subscribed(die_once)
    loop = new_loop(processes=1)
    given(FIRST)

    loop.run(Until(lambda: all_closed_without_waits(loop)))

    assert (states(), notes()) == ({"1": State.DONE}, ["1"])


def test_delivery_that_kills_each_process_is_dead_and_stops_no_other(
    subscribed: Subscribed,
) -> None:
    def die(event: Happened) -> None:
        if event.number == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        note(str(event.number))

    subscribed(die, batch=1)
    loop = new_loop(processes=2)
    given(FIRST, SECOND)

    dead = Delivery.objects.filter(state=State.DEAD)
    loop.run(Until(lambda: all_closed_without_waits(loop) or dead.exists()))

    assert states() == {"1": State.DEAD, "2": State.DONE}
    assert FailedAttempt.objects.filter(delivery__stream="1").exists()


def test_batch_that_no_process_takes_is_due_again(subscribed: Subscribed) -> None:
    subscribed(react)
    loop = new_loop()
    given(FIRST)

    class Refusing(Pool):
        idle = 1

        def give(self, batch: Batch) -> bool:
            return False

    loop.pool = Refusing(1)
    loop.step()

    assert (states(), delivery(1).token) == ({"1": State.WAITING}, 2)


def test_process_that_has_used_too_much_memory_is_replaced(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def sign(event: Happened) -> None:
        note(str(os.getpid()))

    monkeypatch.setitem(current_app.conf, "worker_max_memory_per_child", 1)
    subscribed(sign, batch=1)
    loop = new_loop(processes=1)
    given(*happened(1, 2, 3))

    loop.run(Until(nothing_open))

    assert len(set(notes())) == 3


def test_machine_without_room_for_a_process_is_tried_again(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    start, errors = pool.FORK.Pipe, [OSError(errno.EMFILE, os.strerror(errno.EMFILE))]

    def fail_once() -> Any:
        if errors:
            raise errors.pop()
        return start()

    monkeypatch.setattr(pool.FORK, "Pipe", fail_once)
    subscribed(react)
    loop = new_loop(processes=1)
    given(FIRST)

    loop.run(Until(nothing_open))

    assert notes() == ["1"]


def test_ledger_that_cannot_be_written_ends_no_process(
    subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise MemoryError

    subscribed(react)
    monkeypatch.setattr("bus.work.performer.handle_message", fail)
    loop = new_loop(processes=1)
    given(FIRST)
    sent = Delivery.objects.filter(state=State.SENT)
    loop.pool.start()
    while not sent.exists():
        loop.step()

    while loop.pool.busy:
        assert loop.pool.wait(1) == []

    assert loop.pool.idle == 1
    loop.pool.close()
