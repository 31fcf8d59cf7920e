"""What is claimed for idle processes."""

import pytest
from django.db.models.functions import Now

from bus import Queue
from bus.models import Delivery, State
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.store.rescue import SENT_LEASE
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...
def react_three(event: Happened) -> None: ...


def test_idle_processes_get_one_message_of_each_queue_for_a_short_time(
    subscribed: Subscribed,
) -> None:
    subscribed(react, batch=2)
    subscribed(react_too, batch=2)
    subscribed(react_three, queue=Queue("attic"), batch=2)
    register("desk")
    register("attic")
    given(*happened(1, 2, 3))
    fan_out()

    one = claim(poll(), messages=1, full_batches=False)
    two = claim(poll(), messages=5, full_batches=False)

    assert [len(batch.tickets) for batch in one] == [2]
    assert sorted(batch.queue for batch in two) == ["attic", "desk"]
    flying = Delivery.objects.filter(state=State.SENT)
    assert flying.count() == sum(len(batch.tickets) for batch in one + two)
    assert not flying.filter(lease_until__gt=Now() + SENT_LEASE / 2).exists()
