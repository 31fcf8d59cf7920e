"""One message: what its deliveries came to."""

import logging
import time

from django.db import close_old_connections

from bus.handlers import Handler
from bus.store.starts import Ticket
from bus.worker import atomic, external
from bus.worker.outcome import Outcome

log = logging.getLogger(__name__)


def perform(handler: Handler, tickets: list[Ticket]) -> Outcome:
    """Do what is owed of a message and write it down; what is not owed any more is passed over.

    Raises:
        django.db.Error: the ledger cannot be written; the lease brings the deliveries back.
    """
    # Arms Django's health check: a connection that died between two messages is replaced.
    close_old_connections()
    began = time.monotonic()
    outcome = Outcome()
    try:
        (external if handler.external else atomic).perform(handler, tickets, outcome)
    finally:
        close_old_connections()
    outcome.not_owed = len(tickets) - outcome.total
    log.info("%s: %s in %.3f s", handler.name, outcome, time.monotonic() - began)
    return outcome
