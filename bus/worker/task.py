"""The Celery task of a handler."""

import logging

from celery import Task, current_app, shared_task
from celery.exceptions import Retry as RetryState
from kombu import Queue

from bus.broker.envelope import RELEASE
from bus.failpoints import Point, reach
from bus.handlers import Handler, declared
from bus.models import State
from bus.store.attempts import release_sent
from bus.store.starts import Ticket
from bus.worker.patience import patiently
from bus.worker.perform import perform

log = logging.getLogger(__name__)


class DeliveryDied(Exception):
    """What Flower shows for a message of which a delivery needs a person."""


class MessageGivenUp(Exception):
    """What Flower shows for a message whose ledger could not be written.

    The lease brings its deliveries back.
    """


def register_task(handler: Handler) -> Task:
    """Make a task of the handler's name, with the limits of its queue."""

    def run(tickets: list[Ticket]) -> None:
        try:
            outcome = perform(handler, [(pk, token) for pk, token in tickets])
        except Exception as error:
            log.exception("%s: the ledger could not be written", handler.name)
            # Celery would send what the error says to Flower, and end the whole worker, with all
            # that runs in it, for a MemoryError.
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
    """Give back what this worker has no handler for; a worker that has one takes it."""
    sent = [(pk, token) for pk, token in tickets]
    count = patiently(lambda: release_sent(sent))
    log.warning("%d deliveries go back: this worker does not have their handler", count)


def declare_queues() -> None:
    """Tell Celery every queue that a handler names. The relay sends to the queue itself."""
    names = {handler.queue.name for handler in declared()}
    current_app.conf.task_queues = [Queue(name, routing_key=name) for name in sorted(names)]
