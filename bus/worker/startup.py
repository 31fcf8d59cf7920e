"""The start of workers and beat: checks, registration, remote control."""

import logging
from functools import partial
from typing import Any

from celery.signals import beat_init, celeryd_init, worker_init, worker_process_shutdown
from celery.utils.text import str_to_list
from celery.worker.control import Panel

from bus import conf, spans
from bus.broker import server

log = logging.getLogger(__name__)


def connect() -> None:
    """Run the functions of this module when a worker or beat starts."""
    celeryd_init.connect(refuse_unknown_queues)
    celeryd_init.connect(refuse_unsuitable_broker)
    beat_init.connect(refuse_unsuitable_broker)
    worker_init.connect(register_subscriptions)
    worker_init.connect(leave_other_workers_alone)
    worker_init.connect(obey_inspection_alone)
    worker_process_shutdown.connect(send_last_spans)


def send_last_spans(**_: Any) -> None:
    """A process of the pool ends without Python's own functions at exit."""
    spans.flush()


def refuse_unknown_queues(instance: Any, options: dict[str, Any], **_: Any) -> None:
    """A worker of a queue that no app declares does not start; Celery would show a traceback."""
    declared = instance.app.amqp.queues
    for queue in str_to_list(options.get("queues")) or ():
        if queue not in declared:
            raise SystemExit(
                f"worker: --queues names {queue!r}, and no app of INSTALLED_APPS has such a queue. "
                f"The queues are {', '.join(sorted(declared))}."
            )


def refuse_unsuitable_broker(**_: Any) -> None:
    """Neither a worker nor beat starts on a broker that may lose messages, or without one.

    Without an address, Celery would use whatever listens on this machine's port 6379.
    """
    try:
        server.check()
    except server.UnsuitableBroker as error:
        raise SystemExit(f"The broker cannot be used: {error}") from None


def register_subscriptions(sender: Any, **_: Any) -> None:
    """Register the subscriptions of this worker's queues, or do not start.

    Celery logs an exception raised here and goes on; only SystemExit ends the worker.
    """
    from django.db import Error, connection

    from bus.broker import keys
    from bus.store.limits import LimitsMissing, require_limits
    from bus.worker.errors import retry_on_trouble
    from bus.worker.registration import register

    for queue in sender.app.amqp.queues.consume_from:
        try:
            retry_on_trouble(partial(register, queue))
            retry_on_trouble(keys.prefix)
            require_limits(connection)
        except LimitsMissing as error:
            raise SystemExit(f"worker: {error}") from None
        except Error as error:
            raise SystemExit(
                f"worker: the subscriptions of {queue} cannot be registered ({error}). Check that "
                f"the database of {conf.name('DATABASES')} runs and is migrated, and start the "
                "worker again."
            ) from None


def leave_other_workers_alone(sender: Any, **_: Any) -> None:
    """Without gossip and mingling: workers share only the ledger, and mingling takes a second."""
    sender.options.update(without_mingle=True, without_gossip=True)


INSPECTION = {
    "active", "active_queues", "clock", "conf", "ping", "query_task", "registered", "reserved",
    "revoked", "scheduled", "stats",
}  # fmt: skip
"""The remote commands that a worker obeys: a client of Redis may read, and change nothing. Not
*hello*, which also revokes tasks, and none that writes files or uses much memory."""

EXPECTED = {"enable_events", "heartbeat"}
"""Flower sends these every few seconds and at each connection; task events are on anyway."""


def obey_inspection_alone(**_: Any) -> None:
    """Refuse every remote command but `INSPECTION`, with a line in the log."""
    for method in Panel.data.keys() - INSPECTION:
        Panel.data[method] = partial(_refuse_command, method)


def _refuse_command(method: str, *_: Any, **_arguments: Any) -> None:
    if method not in EXPECTED:
        log.warning("remote control: %s is refused; workers obey inspection commands only", method)
