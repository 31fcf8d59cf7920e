"""The handlers that this process declares, and the decorator that declares them."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bus.events import DomainEvent, UnreadableEvent
from bus.queues import Queue
from bus.retry import Retry
from bus.sealing import Stored
from bus.signatures import is_event, is_line, parameters, takes_list

AfterDone = Callable[[], None]
"""A function that an external handler returns; it runs in the transaction that commits *done*.

It must not swallow database errors: after one the transaction cannot be committed.
"""

Function = TypeVar("Function", bound=Callable[..., Any])

LOADED_AT = datetime.now(UTC)
"""When this process started. A subscription registered later may belong to newer code."""

LARGEST_BATCH = 500

LONGEST_STAGE = 60

LONGEST_AFTER = timedelta(days=366)

LONGEST_NAME = 80
"""With it the key of an external effect has at most 120 characters."""


class BadSubscription(TypeError):
    """A `subscribe` with arguments that cannot be used; the message says what to change."""


@dataclass(frozen=True)
class Handler:
    """One subscription as the code declares it. `name` is its identity in the ledger."""

    name: str
    event_type: type[DomainEvent]
    function: Callable[..., Any]
    queue: Queue
    retry: Retry
    batch: int
    ordered: bool
    after: timedelta
    unless: str
    """The type of event that makes its delivery pointless, or nothing."""
    external: bool
    repeatable: bool
    suppressible: bool
    stage: str
    whole_batch: bool
    personal: bool
    """It takes the personal data of its events."""
    lock: Callable[[list[Any]], None] | None
    using: Callable[[], AbstractContextManager[Any]] | None

    @property
    def window(self) -> int:
        """How many of its deliveries may be in flight at a time."""
        return max(4 * self.batch, 40)

    def read(
        self, kind: str, version: int, data: dict[str, Any], personal: Stored | None
    ) -> DomainEvent:
        """The event that was stored as this type and version.

        Raises:
            PersonalDataErased: the handler takes personal data that was erased.
            CannotDecrypt: the personal data's master key is not in the settings.
            UnreadableEvent: it does not fit the class that the handler takes, or is of another.
        """
        wanted = self.event_type.__name__
        if kind != wanted:
            raise UnreadableEvent(
                f"The event is of type {kind}, and {self.name} handles {wanted} now. Discard the "
                f"delivery, or bring back a handler of {kind} under this name."
            )
        if not self.personal:
            return self.event_type.read_without_person(version, data)
        return self.event_type.read(version, data, personal.opened() if personal else None)


by_name: dict[str, Handler] = {}
"""The handlers of this process. `subscribe` adds to it."""
_listeners: list[Callable[[Handler], object]] = []


def on_declared(listener: Callable[[Handler], object]) -> None:
    """Call it with every handler: now with those declared so far, later with each new one."""
    _listeners.append(listener)
    for found in declared():
        listener(found)


def declared(queue: str | None = None) -> list[Handler]:
    """All handlers of this process, or those of one queue."""
    return [r for r in by_name.values() if queue in (None, r.queue.name)]


def find(name: str) -> Handler:
    return by_name[name]


def subscribe(
    event: type[DomainEvent],
    *,
    queue: Queue,
    retry: Retry,
    batch: int = 20,
    ordered: bool | None = None,
    after: timedelta = timedelta(0),
    unless: type[DomainEvent] | None = None,
    external: bool = False,
    repeatable: bool = False,
    suppressible: bool | None = None,
    stage: str = "",
    personal: bool = True,
    lock: Callable[[list[Any]], None] | None = None,
    using: Callable[[], AbstractContextManager[Any]] | None = None,
) -> Callable[[Function], Function]:
    """Subscribe a function to an event: it handles each event once, in a worker of `queue`.

    The function stays callable. Its module and name are the name of the subscription and task.

    * By default it runs **in the transaction that marks its delivery done**: what it writes to
      the database happens exactly once. It takes the event, or, annotated
      ``list[DomainEvent]``, as many events as the message holds. `lock` gets the events of the
      whole batch before the first one is handled, and locks the rows that several of them share
      in one fixed order.
    * With ``external=True`` it runs under a lease and outside any transaction, one delivery at a
      time. It takes the event, a `key` that is the same at every try, and, where `using` names a
      context manager that is opened once per message, what that yields. It returns a function that
      the bus runs in the transaction that commits *done*, or None. The effect happens at least
      once, and exactly once if the other side honours the key: give ``repeatable=True`` then.
      Otherwise a try with an unknown outcome is repeated once, and a second one is dead.

    Args:
        event: the class of events.
        queue: the queue whose workers run it.
        retry: which errors are transient, and the waits.
        batch: the most deliveries in one message.
        ordered: False for a handler that must not wait for the stream's earlier events; by default
            as the queue, but False with `after`.
        after: how long after its event it is due, in whole seconds.
        unless: an event that makes the delivery pointless: once it is due, it is discarded if one
            was published in its stream after its own event. Before each try, and not meanwhile.
        suppressible: whether a suppressed backfill leaves it out, because its effect is noticed
            outside the project, such as a mail. By default the same as `external`.
        stage: the stage that it works towards, in the words of those whom the stream is about.
            Empty: it is not shown to them.
        personal: False for a handler that needs no personal data. It gets its events with those
            fields `msgspec.UNSET`, and goes on after an erasure; the deliveries of others are
            discarded then.

    Raises:
        BadSubscription: at import, with the way out.
    """

    def register(function: Function) -> Function:
        name = f"{function.__module__}.{function.__name__}"
        if name in by_name:
            raise BadSubscription(f"{name} is subscribed twice; give one function another name.")
        if len(name) > LONGEST_NAME or not name.isascii():
            raise BadSubscription(
                f"{name} must have at most {LONGEST_NAME} plain letters; rename the function."
            )
        if not is_event(event):
            raise BadSubscription(f"{name} must subscribe to a class of events, not to {event!r}.")
        _check_limits(name, queue)
        if not 1 <= batch <= LARGEST_BATCH:
            raise BadSubscription(f"{name}: batch is {batch}; it must be 1 to {LARGEST_BATCH}.")
        if not isinstance(stage, str) or len(stage) > LONGEST_STAGE or not is_line(stage):
            raise BadSubscription(
                f"{name}: stage is {stage!r}; it must be one line of at most {LONGEST_STAGE} "
                "printable characters, or be left out."
            )
        if not timedelta(0) <= after <= LONGEST_AFTER:
            raise BadSubscription(
                f"{name}: after is {after}; it must be 0 to {LONGEST_AFTER.days} days."
            )
        if after and ordered:
            raise BadSubscription(
                f"{name}: after needs ordered=False, or the stream's later events would wait, too."
            )
        if unless is not None and not is_event(unless):
            raise BadSubscription(f"{name}: unless must be a class of events, not {unless!r}.")
        if external and lock:
            raise BadSubscription(f"{name}: lock needs a transaction, and external=True has none.")
        if not external and (using or repeatable):
            raise BadSubscription(f"{name}: using and repeatable need external=True.")
        whole_batch = takes_list(function)
        if external and whole_batch:
            raise BadSubscription(f"{name}: external=True takes one event at a time, not a list.")
        _check_parameters(name, function, 1 + external + (using is not None))
        by_name[name] = found = Handler(
            name=name,
            event_type=event,
            function=function,
            queue=queue,
            retry=retry,
            batch=batch,
            ordered=queue.ordered and not after if ordered is None else ordered,
            after=after,
            unless=unless.__name__ if unless else "",
            external=external,
            repeatable=repeatable,
            suppressible=external if suppressible is None else suppressible,
            stage=str(stage),
            whole_batch=whole_batch,
            personal=personal,
            lock=lock,
            using=using,
        )
        for listener in _listeners:
            listener(found)
        return function

    return register


def _check_limits(name: str, queue: Queue) -> None:
    for other in declared(queue.name):
        if (other.queue.rate, other.queue.at_once) != (queue.rate, queue.at_once):
            raise BadSubscription(
                f"{name}: the queue {queue.name} has another rate or at_once in {other.name}; "
                "declare the queue once."
            )


def _check_parameters(name: str, function: Callable[..., Any], wanted: int) -> None:
    found = parameters(function)
    if found != wanted:
        shape = ("event", "event, key", "event, key, what using= yields")[wanted - 1]
        raise BadSubscription(f"{name} takes {found} parameters; it must take ({shape}).")
