"""What Flower shows of a message: one task event for what became of its deliveries."""

from typing import Any

import pytest
from celery import current_app
from celery.result import EagerResult
from django.db import IntegrityError, connection

from bus.handlers import find
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, relayed

pytestmark = pytest.mark.django_db(transaction=True)

ERRORS = {1: None, 2: ConnectionError("refused"), 3: ValueError("wrong")}


def react_by_number(event: Happened) -> None:
    if error := ERRORS[event.number]:
        raise error


def shown(subscribed: Subscribed, *numbers: int) -> EagerResult:
    name = subscribed(react_by_number)
    given(*happened(*numbers))
    (batch,) = relayed()
    return shown_for(name, batch.tickets)


def shown_for(name: str, tickets: list[tuple[int, int]]) -> EagerResult:
    result: EagerResult = current_app.tasks[name].apply(args=[tickets])
    return result


@pytest.mark.parametrize(
    ("numbers", "state", "says"),
    [
        ([1], "SUCCESS", "None"),
        ([1, 2], "RETRY", "1 done, 1 to try again"),
        ([1, 2, 3], "FAILURE", "1 done, 1 to try again, 1 dead"),
    ],
)
def test_task_state_is_that_of_its_worst_delivery(
    subscribed: Subscribed, numbers: list[int], state: str, says: str
) -> None:
    result = shown(subscribed, *numbers)

    assert result.state == state
    assert says in str(result.result)


@pytest.mark.parametrize("trouble", [MemoryError("at 0x7f"), IntegrityError("Key (name)=(Ada)")])
def test_unwritable_ledger_fails_the_task_without_personal_data(
    subscribed: Subscribed, trouble: Exception
) -> None:
    # A MemoryError that reaches Celery ends the worker with all its processes.
    def query(*_: Any) -> None:
        raise trouble

    with connection.execute_wrapper(query):
        result = shown_for(subscribed(react_by_number), [(1, 1)])

    assert result.state == "FAILURE"
    assert repr(result.result) == f"MessageGivenUp({type(trouble).__name__!r})"
    assert str(trouble) not in result.traceback


def test_task_has_name_and_limits_of_its_handler(subscribed: Subscribed) -> None:
    name = subscribed(react_by_number)

    task = current_app.tasks[name]

    queue = find(name).queue
    assert task.name == name
    assert (task.soft_time_limit, task.time_limit) == (45, 60)
    assert queue.lease.total_seconds() > task.time_limit
