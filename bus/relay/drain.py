"""Working the ledger without a broker: slower, and still exactly once."""

from collections.abc import Iterator

from bus import handlers
from bus.store.claims import claim
from bus.store.outbox import route
from bus.store.poll import look
from bus.store.rescue import forget_sent
from bus.worker.outcome import Outcome
from bus.worker.perform import perform


def drain() -> Iterator[tuple[str, Outcome]]:
    """Route and perform all that is due in this process, until nothing is; a pair per message.

    What was sent is due again: no broker will bring it. Deliveries of subscriptions that this
    process has no code for stay where they are. What it has claimed when it is stopped is due
    again at the next drain, or after its lease.
    """
    forget_sent()
    while True:
        routed = route()
        known = {handler.name for handler in handlers.declared()}
        # Impatiently: what a lost worker has in flight brings no company in time.
        batches = claim([one for one in look() if one.task in known], patient=False)
        if not routed and not batches:
            return
        for batch in batches:
            yield batch.task, perform(handlers.find(batch.task), batch.tickets)
