"""What a worker that was frozen past its lease may still write: nothing."""

from collections.abc import Callable

import pytest
from django.db import transaction

from bus import handlers, ops
from bus.models import State
from bus.store.attempts import Attempt, finish, lock_owned
from bus.store.poll import poll
from bus.store.rescue import rescue_late
from bus.store.starts import start
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    end_leases,
    happened,
    relayed,
)

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...
def send(event: Happened, key: str) -> None: ...


def started() -> list[Attempt]:
    """What a worker starts of all that is due."""
    return [
        one for batch in relayed() for one in start(handlers.find(batch.task), batch.tickets, [])
    ]


@pytest.mark.parametrize(
    ("handler", "external", "state"),
    [(react, False, State.RUNNING), (send, True, State.SENDING)],
    ids=["atomic", "external"],
)
def test_lone_delivery_is_not_finished_by_a_worker_past_its_lease(
    subscribed: Subscribed, handler: Callable[..., None], external: bool, state: State
) -> None:
    subscribed(handler, external=external, repeatable=external)
    given(*happened(1))
    (frozen,) = started()
    end_leases()
    (other,) = started()

    assert not finish(frozen, state)
    assert (delivery(1).state, delivery(1).token) == (state, other.token)
    assert finish(other, state)
    assert delivery(1).state == State.DONE


def test_batch_is_not_owned_by_a_worker_past_its_lease(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1, 2))
    frozen = started()
    end_leases()
    # Each in a message of its own: they were lost together.
    others = started()

    with transaction.atomic():
        assert lock_owned(frozen, State.RUNNING) == set()
        assert lock_owned(others, State.RUNNING) == {one.id for one in frozen}


def test_discarding_changes_the_token_of_a_rescued_delivery(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    (frozen,) = started()
    end_leases()
    with transaction.atomic():
        rescue_late(poll())
    assert (delivery(1).state, delivery(1).token) == (State.WAITING, frozen.token)

    ops.discard([frozen.id], by="ada", why="a test order")

    assert delivery(1).token == frozen.token + 1
    assert not finish(frozen, State.RUNNING)
    assert delivery(1).state == State.DISCARDED
