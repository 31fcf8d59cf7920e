"""The epoch: a token in Redis and in the database; they differ if Redis has lost its memory.

Data restored from an older snapshot mostly has the same token. What such a Redis lacks is rescued
after its lease.
"""

import logging
from typing import Any
from uuid import uuid4

import redis
from django.db import transaction

from bus import measurements
from bus.broker import server
from bus.broker.keys import key
from bus.measurements import Figure
from bus.models import RelayState
from bus.store.rescue import rescue_sent

log = logging.getLogger(__name__)


class Epoch:
    """A relay's check of the epoch; what another broker than Redis has lost, leases bring back."""

    def __init__(self) -> None:
        self._client = server.client() if server.is_redis() else None
        self._known = ""

    def check(self) -> None:
        """Rescue all *sent* deliveries if Redis has no token, or an old one.

        Raises:
            redis.RedisError: Redis does not answer.
        """
        if self._client is None:
            return
        found = _read(self._client)
        if not found or found != self._known:
            self._compare_and_set(self._client)

    def _compare_and_set(self, client: redis.Redis) -> None:
        with transaction.atomic():
            state, _created = RelayState.objects.select_for_update().get_or_create(
                pk=RelayState.THE_ROW
            )
            # Another relay may have set it while this one waited for the row.
            found = _read(client)
            if not found or found != state.epoch:
                measurements.report((Figure.EPOCH_CHANGES, 1, ()))
                state.epoch = uuid4().hex
                state.save(update_fields=["epoch"])
                count = rescue_sent()
                if count:
                    log.warning("Redis has lost data: %d sent deliveries are due again", count)
                # Before the commit: if that fails, the tokens differ and this is repeated.
                client.set(key(server.EPOCH_KEY), state.epoch)
        self._known = state.epoch


def _read(client: redis.Redis) -> Any:
    """The token in Redis. A key of another type holds none, and is overwritten."""
    try:
        return client.get(key(server.EPOCH_KEY))
    except redis.ResponseError as error:
        if str(error).startswith("WRONGTYPE"):
            return None
        raise
