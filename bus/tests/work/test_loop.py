"""What is due is performed from the ledger, by several processes, each delivery once."""

import multiprocessing
import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connections
from django.db.models.functions import Now

from bus import AfterDone, Queue, ops
from bus.models import Delivery, Event, JobRun, Outbox, State
from bus.ops.jobs import run_job
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, note, notes, states
from bus.tests.work.running import Until, new_loop, nothing_open

pytestmark = pytest.mark.django_db(transaction=True)

ATTIC = Queue("attic")


def react(event: Happened) -> None:
    note(str(event.number))


def sign(event: Happened) -> None:
    note(f"process {os.getpid()}")


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """The keys with which `call` was called, in whatever process."""
    file = tmp_path / "calls"
    file.touch()
    monkeypatch.setenv("CALLS", str(file))
    return lambda: file.read_text().split()


def call(event: Happened, key: str) -> AfterDone:
    with Path(os.environ["CALLS"]).open("a") as file:
        file.write(f"{key}\n")
    return lambda: note(f"called {event.number}")


def test_due_deliveries_are_performed_in_other_processes(
    subscribed: Subscribed, calls: Callable[[], list[str]]
) -> None:
    subscribed(sign)
    subscribed(call, external=True, batch=2)
    loop = new_loop()
    given(*happened(1, 2, 3))

    loop.run(Until(nothing_open))

    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DONE}
    assert len(set(calls())) == len(calls()) == 3
    assert len(notes()) == 6
    assert f"process {os.getpid()}" not in notes()


def test_event_that_a_handler_publishes_is_handled_as_well(subscribed: Subscribed) -> None:
    def go_on(event: Happened) -> None:
        note(str(event.number))
        if event.number < 3:
            given(Happened(about=event.about, number=event.number + 1))

    subscribed(go_on)
    loop = new_loop()
    given(*happened(1))

    loop.run(Until(lambda: len(notes()) == 3))

    assert notes() == ["1", "2", "3"]


def test_lane_is_kept_and_waits_behind_a_dead_delivery(subscribed: Subscribed) -> None:
    def fail_at_the_third(event: Happened) -> None:
        if event.number == 3:
            raise ValueError
        note(f"{event.about}{event.number}")

    subscribed(fail_at_the_third, ordered=True, batch=1)
    loop = new_loop()
    given(*(Happened(about="a", number=number) for number in (1, 2, 3, 4)))
    given(*(Happened(about="b", number=number) for number in (5, 6, 7)))
    dead = Delivery.objects.filter(state=State.DEAD)

    loop.run(Until(lambda: len(notes()) == 5 and dead.exists()))

    assert [text for text in notes() if text[0] == "a"] == ["a1", "a2"]
    assert [text for text in notes() if text[0] == "b"] == ["b5", "b6", "b7"]


def test_paused_subscription_gets_nothing(subscribed: Subscribed) -> None:
    name = subscribed(react)
    loop = new_loop()
    ops.pause(name, by="ada")
    given(*happened(1))

    loop.run(Until(lambda: not Outbox.objects.exists()))
    loop.pool.start()
    loop.step()
    loop.pool.close()

    assert states() == {"1": State.WAITING}


def test_other_queues_are_left(subscribed: Subscribed) -> None:
    subscribed(react)
    subscribed(sign, queue=ATTIC)
    loop = new_loop("desk")
    new_loop("attic")
    given(*happened(1))

    loop.run(Until(lambda: notes() == ["1"]))

    by_queue = dict(Delivery.objects.values_list("queue__name", "state"))
    assert by_queue == {"desk": State.DONE, "attic": State.WAITING}


def test_no_more_is_claimed_than_processes_can_begin(subscribed: Subscribed) -> None:
    subscribed(react, batch=2)
    loop = new_loop(processes=1)
    given(*happened(1, 2, 3, 4, 5))
    loop.pool.start()

    loop.step()

    assert list(states().values()).count(State.WAITING) == 3
    loop.run(Until(lambda: True))
    assert list(states().values()).count(State.WAITING) == 3


def test_slow_queue_leaves_a_process_to_the_others(subscribed: Subscribed) -> None:
    def wait_for_the_quick(event: Happened, key: str) -> None:
        for _ in range(200):
            if "quick" in notes():
                break
            time.sleep(0.05)
        note("slow")

    def be_quick(event: Happened) -> None:
        note("quick")

    subscribed(wait_for_the_quick, external=True, batch=1)
    quick = subscribed(be_quick, queue=ATTIC)
    loop = new_loop("desk", "attic")
    ops.pause(quick, by="ada")
    given(*happened(1, 2))
    loop.pool.start()
    for _ in range(2):
        loop.step()
    ops.resume(quick, by="ada")

    loop.run(Until(nothing_open))

    assert notes()[0] == "quick"
    assert notes().count("slow") == 2


def test_job_leaves_a_process_to_deliveries(
    subscribed: Subscribed, stocktaking: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    subscribed(react, batch=1)
    loop = new_loop()
    given(*happened(1))
    run_job("desk.stocktaking", by="ada")
    loop.pool.start()

    loop.step()

    assert (loop.pool.idle, JobRun.objects.get().sent_at) == (1, None)
    assert [one for one in caplog.records if one.levelname == "ERROR"] == []
    loop.run(Until(lambda: JobRun.objects.filter(ended_at__isnull=False).exists()))
    assert JobRun.objects.get().ended_at


def test_backlog_takes_turns_with_another_subscription(subscribed: Subscribed) -> None:
    subscribed(react, batch=1)
    subscribed(sign, batch=1)
    loop = new_loop(processes=1)
    given(*happened(1, 2, 3))

    loop.run(Until(nothing_open))

    turns = [text.isdigit() for text in notes()]
    assert turns[:4] in ([True, False] * 2, [False, True] * 2)


def test_stop_finishes_the_batch_at_hand_and_claims_no_more(subscribed: Subscribed) -> None:
    def be_slow(event: Happened) -> None:
        time.sleep(0.3)
        note(str(event.number))

    subscribed(be_slow, batch=1)
    loop = new_loop(processes=1)
    given(*happened(1, 2))
    begun = Delivery.objects.filter(state__in=(State.RUNNING, State.DONE))

    loop.run(Until(begun.exists))

    assert states() == {"1": State.DONE, "2": State.WAITING}
    assert notes() == ["1"]


@pytest.mark.postgres
@pytest.mark.parametrize("ordered", [True, False])
def test_loops_side_by_side_perform_each_delivery_once(
    subscribed: Subscribed, calls: Callable[[], list[str]], ordered: bool
) -> None:
    subscribed(react, ordered=ordered, batch=3)
    subscribed(call, ordered=ordered, external=True, batch=3)
    loop = new_loop()
    given(*happened(*range(30)))
    given(*happened(*range(30)))
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    others = [fork.Process(target=loop.run, args=(Until(nothing_open),)) for _ in range(2)]
    for other in others:
        other.start()

    loop.run(Until(nothing_open))

    for other in others:
        other.join()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.DONE}
    assert len(calls()) == len(set(calls())) == Event.objects.count() == 60
    assert len(notes()) == 2 * 60


def test_lost_claim_is_rescued_after_its_lease(subscribed: Subscribed) -> None:
    """As after the death of a loop between its claim and the pool."""
    subscribed(react)
    loop = new_loop()
    given(*happened(1))
    fan_out()
    Delivery.objects.update(state=State.SENT, lease_until=Now(), token=1)

    loop.run(Until(nothing_open))

    assert (states(), notes()) == ({"1": State.DONE}, ["1"])
