"""The Celery task of a handler: one message in, the outcome of its deliveries out."""

import logging
import time
from collections import Counter
from dataclasses import dataclass

from celery import Task, current_app, shared_task
from celery.exceptions import Retry as RetryState
from django.db import close_old_connections

from bus import measurements
from bus.broker.address import queue
from bus.broker.message import RELEASE
from bus.context import message_of
from bus.failpoints import Point, reach
from bus.handlers import Handler, declared
from bus.measurements import Figure
from bus.models import State
from bus.store.attempts import release_message
from bus.store.starts import Ticket
from bus.worker.atomic import run_atomic
from bus.worker.errors import retry_on_trouble
from bus.worker.external import run_external

log = logging.getLogger(__name__)


class DeliveryDied(Exception):
    """Flower shows this for a message with a dead delivery."""


class MessageGivenUp(Exception):
    """Flower shows this for a message whose results could not be written into the ledger.

    Its deliveries are rescued after their lease.
    """


@dataclass(frozen=True)
class Outcome:
    """Counts of a message's deliveries, without personal data: it is logged and sent to Flower.

    `released` ones were not started. `stale` ones have another token by now, or were requeued
    because their subscription is stopped.
    """

    states: Counter[State]
    released: int
    stale: int

    @property
    def counts(self) -> dict[str, int]:
        return {
            "done": self.states[State.DONE],
            "to try again": self.states[State.WAITING],
            "dead": self.states[State.DEAD],
            "discarded": self.states[State.DISCARDED],
            "released": self.released,
            "stale": self.stale,
        }

    def __str__(self) -> str:
        said = (f"{count} {what}" for what, count in self.counts.items() if count)
        return ", ".join(said) or "nothing"


def handle_message(handler: Handler, tickets: list[Ticket]) -> Outcome:
    """Run the handler for the deliveries of a message and record the results.

    Stale ones are skipped.

    Raises:
        django.db.Error: the ledger cannot be written; the deliveries are rescued after their lease.
    """
    # Lets Django's health check replace a connection that was lost between two messages.
    close_old_connections()
    began = time.monotonic()
    with message_of(handler.name, [pk for pk, _token in tickets]):
        try:
            if handler.external:
                states, released = run_external(handler, tickets)
            else:
                states, released = run_atomic(handler, tickets), 0
        finally:
            close_old_connections()
        outcome = Outcome(Counter(states), released, len(tickets) - len(states) - released)
        seconds = time.monotonic() - began
        log.info("%s: %s in %.3f s", handler.name, outcome, seconds)
    if measurements.are_collected():
        _report(handler.name, outcome, seconds, len(tickets))
    return outcome


def _report(name: str, outcome: Outcome, seconds: float, deliveries: int) -> None:
    measurements.report(
        (Figure.MESSAGE_SECONDS, seconds, (name,)),
        (Figure.MESSAGE_DELIVERIES, deliveries, (name,)),
        *((Figure.HANDLED, count, (name, what)) for what, count in outcome.counts.items() if count),
    )


def register_task(handler: Handler) -> Task:
    """Create the task of a handler, with its name and the limits of its queue."""

    def run(tickets: list[Ticket]) -> None:
        try:
            outcome = handle_message(handler, [(pk, token) for pk, token in tickets])
        except Exception as error:
            log.exception("%s: the ledger could not be written", handler.name)
            # Celery would send the error's text to Flower, and for a MemoryError end the whole
            # worker with all its running tasks.
            raise MessageGivenUp(type(error).__name__) from None
        reach(Point.BEFORE_ACK, handler.name)
        if outcome.states[State.DEAD]:
            raise DeliveryDied(str(outcome))
        if outcome.states[State.WAITING]:
            raise RetryState(str(outcome))

    task: Task = shared_task(
        run,
        name=handler.name,
        # The bus has logged what failed; Celery's traceback would only show this module.
        throws=(DeliveryDied, MessageGivenUp),
        soft_time_limit=handler.queue.soft_limit.total_seconds(),
        time_limit=handler.queue.hard_limit.total_seconds(),
    )
    return task


@shared_task(name=RELEASE)  # type: ignore[untyped-decorator]  # Celery has no types
def release(tickets: list[Ticket]) -> None:
    """Release deliveries whose handler this worker does not have; another worker starts them."""
    sent = [(pk, token) for pk, token in tickets]
    count = retry_on_trouble(lambda: release_message(sent))
    log.warning("%d deliveries are released: this worker does not have their handler", count)


def declare_queues() -> None:
    """Declare the queues of all handlers to Celery. The relay sends to a queue directly."""
    names = {handler.queue.name for handler in declared()}
    current_app.conf.task_queues = [queue(name) for name in sorted(names)]
