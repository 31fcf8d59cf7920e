"""`manage.py top`: the console in a terminal and for scripts."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db.models.functions import Now

from bus import Queue
from bus.models import Delivery, RelayState, State, WorkerState
from bus.store import pace
from bus.store.outbox import fan_out
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...
def stamp(event: Happened) -> None: ...


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Three deliveries that wait, with a relay and a worker."""
    name = subscribed(wrap)
    register("desk")
    RelayState.objects.update_or_create(pk=1, defaults={"looked_at": Now(), "broker_error": ""})
    WorkerState.objects.create(name="desk@here", queues=["desk"], processes=2, seen_at=Now())
    given(*happened(1, 2, 3))
    fan_out()
    return name


def top(*arguments: str) -> tuple[str, int]:
    """What it says, and its exit code."""
    said = StringIO()
    try:
        call_command("top", *arguments, stdout=said)
    except SystemExit as end:
        return said.getvalue(), int(str(end.code))
    return said.getvalue(), 0


def test_without_a_terminal_it_is_shown_once(name: str) -> None:
    said, code = top()

    assert code == 0
    assert "desk (1 worker)" in said
    assert "wrap" in said
    assert "\x1b" not in said


def test_exit_code_is_1_if_a_delivery_is_dead(name: str) -> None:
    Delivery.objects.filter(stream="1").update(state=State.DEAD, error="x\nValueError: 7")

    said, code = top("--once")

    assert (code, "dead" in said) == (1, True)


def test_exit_code_is_1_if_a_queue_has_work_and_no_worker(name: str) -> None:
    WorkerState.objects.all().delete()

    said, code = top("--once")

    assert (code, "no worker" in said) == (1, True)


def test_exit_code_is_1_if_no_relay_runs(name: str) -> None:
    RelayState.objects.update(looked_at=None)

    said, code = top("--once")

    assert (code, "relay silent" in said, "workers not known" in said) == (1, True, True)


def test_json_has_the_same_figures(name: str) -> None:
    settle("desk")
    pace.add(list(Delivery.objects.values_list("id", flat=True)))

    said, code = top("--json")

    found = json.loads(said)
    [queue] = found["queues"]
    assert code == 0
    assert (found["level"], found["relay"]) == ("green", "running")
    assert queue["done_in_the_last_hour"] == queue["subscriptions"][0]["done_in_the_last_hour"] == 3
    assert queue["p50_seconds"] > 0
    assert found["workers"][0]["alive"] is True


def test_queue_alone_is_shown(subscribed: Subscribed, name: str) -> None:
    subscribed(stamp, queue=Queue("counter", ordered=False))
    register("counter")

    assert "stamp" in top("--queue", "counter")[0]
    assert "wrap" not in top("--queue", "counter")[0]
    [found] = json.loads(top("--queue", "counter", "--json")[0])["queues"]
    assert found["name"] == "counter"


def test_unknown_queue_is_refused(name: str) -> None:
    with pytest.raises(CommandError, match="no queue kounter; the queues are desk"):
        call_command("top", "--queue", "kounter")


@pytest.mark.parametrize("every", ["0", "nan", "x", "-1", "1e9"])
def test_bad_pause_is_refused(every: str) -> None:
    with pytest.raises(CommandError, match="a number of seconds between"):
        call_command("top", "--every", every)
