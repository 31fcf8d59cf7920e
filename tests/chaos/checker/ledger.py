"""What only the ledger can tell: that all is at rest, and in which order it was done."""

from collections import defaultdict
from collections.abc import Iterator
from itertools import permutations

from tests.chaos.checker.evidence import Delivery, Evidence
from tests.chaos.checker.handlers import HANDLERS
from tests.chaos.checker.verdict import Violation

REST = "at rest everything is done but what was planted, which is dead with its reason"
EACH = "each event has one delivery for each active subscription"
LANES = "a lane is worked in the order of its events"
MOST_AMBIGUOUS = 2
"""So many doubtful sends of one mail leave it to a person: dead, and as promised."""


def everything_is_at_rest(evidence: Evidence) -> Iterator[Violation]:
    left = evidence.books.one("SELECT count(*) FROM bus_outbox")
    if left:
        yield Violation(REST, f"{left} events", "are still in the outbox")
    streams = {event.id: event.stream for event in evidence.events}
    for rows in evidence.deliveries.values():
        for row in rows:
            stream = streams[row.event]
            if row.state == "dead":
                if not row.error:
                    yield Violation(REST, stream, f"{row.subscription} is dead without a reason")
                elif not _may_be_dead(evidence, stream, row):
                    reason = row.error.strip().splitlines()[-1][:200]
                    yield Violation(REST, stream, f"{row.subscription} is dead: {reason}")
            elif row.state != "done":
                yield Violation(REST, stream, f"{row.subscription} is {row.state}")
            elif stream in evidence.poisoned:
                yield Violation(REST, stream, f"{row.subscription} is done, and cannot be")


def _may_be_dead(evidence: Evidence, stream: str, row: Delivery) -> bool:
    """Planted; or a mail without a recipient, or one in doubt twice, which is not repeated."""
    if stream in evidence.poisoned:
        return True
    in_doubt = row.ambiguous >= MOST_AMBIGUOUS
    is_mail = row.subscription.startswith("notifications.")
    return is_mail and (in_doubt or stream in evidence.unknown_addresses)


def every_event_has_its_deliveries(evidence: Evidence) -> Iterator[Violation]:
    for event in evidence.events:
        for name in HANDLERS.get(event.type, ()):
            rows = evidence.deliveries.get((event.id, name), [])
            if len(rows) != 1:
                yield Violation(EACH, f"event {event.id}", f"has {len(rows)} deliveries to {name}")


def lanes_kept_their_order(evidence: Evidence) -> Iterator[Violation]:
    if evidence.repeated:
        return
    streams = {event.id: event.stream for event in evidence.events}
    lanes: dict[tuple[str, int], list[Delivery]] = defaultdict(list)
    for rows in evidence.deliveries.values():
        for row in rows:
            if row.ordered and row.state == "done":
                lanes[streams[row.event], row.queue].append(row)
    for (stream, _queue), rows in lanes.items():
        for earlier, later in permutations(rows, 2):
            # Of two published at the same time the ids are in one order and the routing in
            # the other: those have none.
            comes_later = later.event >= earlier.event and later.id > earlier.id
            if comes_later and later.closed_at < earlier.closed_at:
                what = f"{later.subscription} was done before {earlier.subscription}"
                yield Violation(LANES, stream, what)
