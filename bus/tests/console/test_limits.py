"""The limits of a queue, as the console shows them."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from bus import Queue
from bus.console.state import board
from bus.console.words import says
from bus.models import Delivery, RelayState, WorkerState
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def wrap(event: Happened) -> None: ...


def test_limit_of_a_queue_is_shown_with_what_is_left(subscribed: Subscribed) -> None:
    subscribed(wrap, queue=Queue("desk", rate="1/min", at_once=4))
    register("desk")
    RelayState.objects.update_or_create(pk=RelayState.THE_ROW, defaults={"looked_at": Now()})
    WorkerState.objects.create(name="desk@here", queues=["desk"], processes=2, seen_at=Now())
    given(*happened(1, 2))
    fan_out()

    [before] = board().queues
    claim(poll())
    Delivery.objects.update(due_since=Now() - timedelta(hours=1))
    [after] = board().queues

    assert before.limit
    assert before.limit.words == "1/min, 1 left; 4 at once"
    assert after.limit
    assert after.limit.words.startswith("1/min, next in ")
    assert (after.level, says(after)) == ("green", "at its limit")


def test_queue_without_limit_has_none(subscribed: Subscribed) -> None:
    subscribed(wrap)
    register("desk")

    assert [row.limit for row in board().queues] == [None]
