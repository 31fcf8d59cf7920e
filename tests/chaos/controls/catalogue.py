"""All controls: what is broken, what is done to it, and by what it must be caught."""

from tests.chaos.campaign import RECOVERED
from tests.chaos.checker.ledger import EACH
from tests.chaos.checker.orders import ONCE
from tests.chaos.checker.traces import EXITS
from tests.chaos.controls import faults
from tests.chaos.controls.control import Control, Expected, campaign
from tests.chaos.controls.plain import campaign as plain
from tests.chaos.faults import known

KNOWN = known()

CONTROLS = (
    Control(
        name="plain-celery",
        broken="no ledger at all: acks_late, reject_on_worker_lost, prefetch 1, visibility_timeout",
        faults=(
            KNOWN["kill-worker"],
            KNOWN["kill-pool-child"],
            faults.freeze_past_visibility,
            faults.flush_what_waits,
            faults.flush_what_waits,
            KNOWN["impatient-stop"],
            faults.freeze_past_visibility,
            KNOWN["kill-pool-child"],
        ),
        expected=(Expected("lost"), Expected("doubled")),
        run=plain.run,
    ),
    Control(
        name="no-lock",
        broken="a worker reads from the ledger what is done, without lock and token",
        faults=(faults.twin_messages,),
        expected=(Expected("doubled", "notifications.tasks."),),
        run=campaign,
    ),
    Control(
        name="cursor",
        broken="the relay asks for events with ids above the last one it saw",
        faults=(faults.late_commit,),
        expected=(Expected(EACH, "has 0 deliveries"),),
        run=campaign,
    ),
    Control(
        name="on-commit",
        broken="events are published in on_commit",
        faults=(faults.crash_before_publishing,),
        expected=(Expected(ONCE, "has 0 OrderPlaced"),),
        run=campaign,
    ),
    Control(
        name="no-key",
        broken="the warehouse is told without an idempotency key",
        faults=(faults.error_after_accepting,),
        expected=(Expected("doubled", "fulfillment.tasks.release_shipment"),),
        run=campaign,
    ),
    Control(
        name="no-epoch",
        broken="the relay does not see that Redis has lost its memory",
        faults=(KNOWN["redis-flushed"],),
        expected=(Expected(RECOVERED, "redis-flushed"),),
        run=campaign,
        thorough=True,
    ),
    Control(
        name="unguarded",
        broken="kombu's stock Redis transport, Celery's stock consumer",
        faults=(faults.malformed_messages,),
        expected=(Expected(EXITS, "worker-"),),
        run=campaign,
    ),
)
