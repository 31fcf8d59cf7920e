"""The Celery task of a reaction."""

from celery import Task, current_app, shared_task
from celery.exceptions import Retry as RetryState
from kombu import Queue

from bus.crashpoints import Point, reach
from bus.models import State
from bus.registry import Reaction, reactions
from bus.worker.ledger import Ticket
from bus.worker.perform import perform


class DeliveryDied(Exception):
    """What Flower shows for a message of which a delivery needs a person."""


def register_task(reaction: Reaction) -> Task:
    """Make a task of the reaction's name, with the limits of its queue."""

    def run(tickets: list[Ticket]) -> None:
        outcome = perform(reaction, [(pk, token) for pk, token in tickets])
        reach(Point.BEFORE_ACK, reaction.name)
        if outcome.states[State.DEAD]:
            raise DeliveryDied(str(outcome))
        if outcome.states[State.WAITING]:
            raise RetryState(str(outcome))

    task: Task = shared_task(
        run,
        name=reaction.name,
        # The bus has logged what failed; Celery's traceback would only show this module.
        throws=(DeliveryDied,),
        soft_time_limit=reaction.queue.soft_limit.total_seconds(),
        time_limit=reaction.queue.hard_limit.total_seconds(),
    )
    return task


def declare_queues() -> None:
    """Tell Celery every queue that a reaction names. The relay sends to the queue itself."""
    names = {reaction.queue.name for reaction in reactions()}
    current_app.conf.task_queues = [Queue(name, routing_key=name) for name in sorted(names)]
