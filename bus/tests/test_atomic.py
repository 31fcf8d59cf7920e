"""Handlers whose effect is in our database."""

import pytest

from bus import publish
from bus.models import Delivery, Event, State
from bus.testing import given, settle, state_of
from bus.tests.conftest import Happened, Subscribed, note, notes

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_fact_takes_effect_once(subscribed: Subscribed) -> None:
    def react(fact: Happened) -> None:
        note(f"{fact.number} {fact.who}")

    name = subscribed(react)
    given(Happened(about="a", number=1))

    settle()
    settle()

    assert notes() == ["1 Ada Lovelace"]
    assert state_of(name, "a") == State.DONE


def test_a_failure_takes_its_own_effect_back_and_nobody_elses(subscribed: Subscribed) -> None:
    def react(fact: Happened) -> None:
        note(str(fact.number))
        if fact.number == 2:
            raise ValueError(f"cannot do {fact.who}")

    subscribed(react)
    given(*(Happened(about=str(n), number=n) for n in (1, 2, 3)))

    settle()

    assert notes() == ["1", "3"]
    dead = Delivery.objects.get(state=State.DEAD)
    assert dead.stream == "2"
    assert "cannot do [personal]" in dead.error


def test_a_fact_published_by_a_handler_knows_its_cause(subscribed: Subscribed) -> None:
    def react(fact: Happened) -> None:
        if fact.number == 1:
            publish(Happened(about="a", number=2))

    subscribed(react, ordered=True)
    given(Happened(about="a", number=1))

    settle()

    first, second = Event.objects.order_by("id")
    assert second.causation == first.uuid
    assert second.correlation == first.correlation == first.uuid
