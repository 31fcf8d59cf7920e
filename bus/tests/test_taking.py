"""Who gets a delivery that two messages tell of at the same time."""

import threading
import time

import pytest
from django.db import transaction

from bus import registry
from bus.relay.expiry import forget_sent
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, at_once, happened, relayed, worked
from bus.worker.taking import take

pytestmark = pytest.mark.django_db(transaction=True)


def react(fact: Happened) -> None: ...


@pytest.mark.postgres
def test_an_old_message_that_looks_at_a_delivery_hides_it_from_no_worker(
    subscribed: Subscribed,
) -> None:
    name = subscribed(react)
    given(*happened(1))
    (old,) = relayed()
    forget_sent()
    (new,) = relayed()
    looked = threading.Event()

    def look_at_it_for_long() -> list[object]:
        with transaction.atomic():
            taken = take(registry.reaction(name), old.tickets, [])
            looked.set()
            time.sleep(0.5)
        return list(taken)

    def work() -> list[object]:
        looked.wait(5)
        return [str(outcome) for outcome in worked([new])]

    assert at_once(look_at_it_for_long, work) == [[], ["1 done"]]
