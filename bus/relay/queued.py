"""The messages in the broker's queues that no worker has popped."""

import logging
from collections.abc import Iterable

import redis

from bus.broker import server
from bus.broker.envelope import Malformed, tickets_of
from bus.broker.keys import key
from bus.models import Delivery, State
from bus.store.poll import Work

log = logging.getLogger(__name__)

Ticket = tuple[int, int]


class Queued:
    """A relay's reading of the queues."""

    def __init__(self) -> None:
        self._client = server.client(decode=False)

    def tickets(self, work: Iterable[Work]) -> frozenset[Ticket]:
        """The deliveries whose message still waits for a worker, of queues with leases that ended.

        Stale messages are removed: copies that the broker restored, and those of a sending that
        seemed to fail. So a queue that no worker reads stays as short as the windows.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        # Deliveries of a paused subscription become waiting: they must not stay in flight.
        queues = {one.queue for one in work if one.late and one.due}
        if not queues:
            return frozenset()
        found: set[Ticket] = set()
        for queue in sorted(queues):
            found |= self._tickets_in(self._client, queue)
        return frozenset(found)

    @staticmethod
    def _tickets_in(client: redis.Redis, queue: str) -> set[Ticket]:
        read = {item: set(_tickets(item)) for item in server.messages(client, key(queue))}
        # Read after the queue: a message is sent after its claim is committed.
        valid = _still_sent({ticket for tickets in read.values() for ticket in tickets})
        stale = [item for item, tickets in read.items() if tickets and not tickets & valid]
        if stale:
            server.remove(client, key(queue), stale)
            log.warning("%s: %d stale messages were removed from the queue", queue, len(stale))
        return valid


def _tickets(item: bytes) -> list[Ticket]:
    try:
        return tickets_of(item)
    except Malformed:
        return []  # the transport quarantines it


def _still_sent(tickets: set[Ticket]) -> set[Ticket]:
    ids = [pk for pk, _token in tickets]
    rows = Delivery.objects.filter(id__in=ids, state=State.SENT).values_list("id", "token")
    return tickets & set(rows)
