"""A handler that swallows an error of the database has not done what it says."""

from contextlib import suppress

import pytest
from django.db import IntegrityError, connection

from bus.models import Queue, State
from bus.testing import given
from bus.tests.conftest import (
    Happened,
    Subscribed,
    delivery,
    happened,
    note,
    notes,
    relayed,
    worked,
)

pytestmark = pytest.mark.django_db(transaction=True)


def swallow() -> None:
    note("lost")
    with suppress(IntegrityError):
        Queue.objects.create(name="desk")  # there is one


def swallow_of_the_cursor() -> None:
    note("lost")
    with suppress(IntegrityError), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bus_queue (name) VALUES ('desk')")


def react(event: Happened) -> None:
    swallow()


def react_to_all(events: list[Happened]) -> None:
    swallow()


def react_by_cursor(event: Happened) -> None:
    swallow_of_the_cursor()


def send(event: Happened, key: str) -> object:
    return swallow


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("handler", [react, react_to_all, send])
def test_swallowed_database_error_is_dead(
    subscribed: Subscribed, handler: object, count: int
) -> None:
    subscribed(handler, external=handler is send)
    given(*happened(*range(count)))

    worked(relayed())

    assert notes() == []
    assert delivery(0).state == State.DEAD


@pytest.mark.postgres
@pytest.mark.parametrize("count", [1, 3])
def test_swallowed_driver_error_is_dead(subscribed: Subscribed, count: int) -> None:
    subscribed(react_by_cursor)
    given(*happened(*range(count)))

    worked(relayed())

    assert notes() == []
    assert delivery(0).state == State.DEAD
