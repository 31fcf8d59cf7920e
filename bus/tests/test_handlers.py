"""What `subscribe` takes, and what it refuses at import."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

import pytest

from bus import AfterDone, Queue, handlers, subscribe
from bus.handlers import BadSubscription
from bus.models.delivery import delivery_key
from bus.tests.conftest import RETRY, Happened, Subscribed

QUEUE = Queue("desk", ordered=True, hard_limit=timedelta(seconds=80))


def atomic(event: Happened) -> None: ...
def whole(events: list[Happened]) -> None: ...
def outside(event: Happened, key: str) -> AfterDone | None: ...
def outside_whole(events: list[Happened], key: str) -> None: ...
def with_resource(event: Happened, key: str, resource: str) -> None: ...
def nothing() -> None: ...


def resource() -> AbstractContextManager[str]:
    return nullcontext("open")


def named(name: str) -> Callable[..., None]:
    def function(event: Happened) -> None: ...

    function.__name__ = name
    return function


@pytest.mark.parametrize(
    ("handler", "options", "sentence"),
    [
        (atomic, {"batch": 0}, "batch is 0; it must be 1 to 500"),
        (atomic, {"batch": 501}, "batch is 501"),
        (outside, {"external": True, "lock": print}, "lock needs a transaction"),
        (atomic, {"using": resource}, "using and repeatable need external=True"),
        (atomic, {"repeatable": True}, "using and repeatable need external=True"),
        (outside_whole, {"external": True}, "takes one event at a time, not a list"),
        (nothing, {}, r"takes 0 parameters; it must take \(event\)"),
        (atomic, {"external": True}, r"takes 1 parameters; it must take \(event, key\)"),
        (
            outside,
            {"external": True, "using": resource},
            r"it must take \(event, key, what using= yields\)",
        ),
        (atomic, {"stage": "two\nlines"}, "stage is .*; it must be one line of at most 60"),
        (atomic, {"stage": "x" * 61}, "it must be one line of at most 60 printable characters"),
        (atomic, {"stage": None}, "stage is None; it must be one line"),
        (atomic, {"after": timedelta(days=-1)}, "after is -1 day.*; it must be 0 to 366 days"),
        (atomic, {"after": timedelta(days=367)}, "it must be 0 to 366 days"),
        (atomic, {"unless": "Happened"}, "unless must be a class of events, not 'Happened'"),
        (named("x" * 80), {}, "must have at most 80 plain letters; rename the function"),
        (named("größe"), {}, "must have at most 80 plain letters"),
    ],
)
def test_impossible_subscription_is_refused(
    subscribed: Subscribed, handler: Callable[..., Any], options: dict[str, Any], sentence: str
) -> None:
    before = handlers.declared()

    with pytest.raises(BadSubscription, match=sentence):
        subscribed(handler, **options)

    assert handlers.declared() == before


def test_second_subscription_of_a_name_is_refused(subscribed: Subscribed) -> None:
    subscribed(atomic)

    with pytest.raises(BadSubscription, match="atomic is subscribed twice; give one function anot"):
        subscribed(atomic)


def test_subscribing_to_anything_but_an_event_is_refused(subscribed: Subscribed) -> None:
    with pytest.raises(BadSubscription, match="must subscribe to a class of events, not to 'Happ"):
        subscribe("Happened", queue=QUEUE, retry=RETRY)(atomic)  # type: ignore[arg-type]  # the mistake


def test_unknown_option_is_refused_by_name(subscribed: Subscribed) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'bach'"):
        subscribed(atomic, bach=5)


def test_subscribed_function_stays_callable(subscribed: Subscribed) -> None:
    found = subscribe(Happened, queue=QUEUE, retry=RETRY)(atomic)

    assert found is atomic


def test_subscription_inherits_ordering_from_its_queue(
    subscribed: Subscribed,
) -> None:
    inherited = subscribed(atomic, queue=QUEUE)
    subscribe(Happened, queue=QUEUE, retry=RETRY, ordered=False)(named("left"))

    assert handlers.find(inherited).ordered
    assert not handlers.find(f"{__name__}.left").ordered


def test_delayed_subscription_is_in_no_lane(subscribed: Subscribed) -> None:
    delayed = subscribed(atomic, queue=QUEUE, after=timedelta(hours=48))

    assert not handlers.find(delayed).ordered
    with pytest.raises(BadSubscription, match="after needs ordered=False, or the stream's later"):
        subscribe(Happened, queue=QUEUE, retry=RETRY, ordered=True, after=timedelta(hours=48))(
            named("late")
        )


def test_list_parameter_declares_a_batch_handler(
    subscribed: Subscribed,
) -> None:
    assert not handlers.find(subscribed(atomic)).whole_batch
    assert handlers.find(subscribed(whole)).whole_batch
    assert handlers.find(subscribed(with_resource, external=True, using=resource)).using


def test_limits_are_derived_from_the_hard_limit() -> None:
    assert QUEUE.soft_limit == timedelta(seconds=60)
    assert QUEUE.lease == timedelta(seconds=95)


def test_longest_name_gives_a_valid_message_id() -> None:
    name = "a.tasks." + "x" * (handlers.LONGEST_NAME - 8)

    key = delivery_key("123e4567-e89b-12d3-a456-426614174000", name)

    assert len(key) <= 120
    assert delivery_key("u", "a.tasks.send_it") == "u.a.send-it"
