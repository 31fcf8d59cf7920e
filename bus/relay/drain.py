"""Drain: handle due deliveries without a broker; slower, and still exactly once."""

from collections.abc import Iterator

from bus import handlers
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.store.rescue import rescue_sent
from bus.worker.task import Outcome, handle_message


def drain() -> Iterator[tuple[str, Outcome]]:
    """Fan out and handle all due deliveries in this process; yields task and outcome per message.

    Sent deliveries are rescued first: no broker delivers them. Deliveries of subscriptions that
    this process has no code for stay as they are. Deliveries that it has claimed when it is
    stopped are due again at the next drain, or after their lease.
    """
    rescue_sent()
    while True:
        events = fan_out()
        known = {handler.name for handler in handlers.declared()}
        # Without waiting for full batches: deliveries in flight of a lost worker would delay them.
        batches = claim([one for one in poll() if one.task in known], full_batches=False)
        if not events and not batches:
            return
        for batch in batches:
            yield batch.task, handle_message(handlers.find(batch.task), batch.tickets)
