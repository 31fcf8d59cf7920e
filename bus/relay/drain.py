"""Working the ledger without a broker: slower, and still exactly once."""

from collections.abc import Iterator

from bus import handlers
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.store.rescue import rescue_sent
from bus.worker.task import Outcome, handle_message


def drain() -> Iterator[tuple[str, Outcome]]:
    """Fan out and handle all that is due in this process, until nothing is; a pair per message.

    What was sent is due again: no broker will bring it. Deliveries of subscriptions that this
    process has no code for stay where they are. What it has claimed when it is stopped is due
    again at the next drain, or after its lease.
    """
    rescue_sent()
    while True:
        events = fan_out()
        known = {handler.name for handler in handlers.declared()}
        # Without waiting for full batches: what a lost worker has in flight fills none in time.
        batches = claim([one for one in poll() if one.task in known], full_batches=False)
        if not events and not batches:
            return
        for batch in batches:
            yield batch.task, handle_message(handlers.find(batch.task), batch.tickets)
