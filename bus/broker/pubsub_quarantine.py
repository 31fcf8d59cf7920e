"""The quarantine in a Google Pub/Sub: a topic with one subscription, read by pulls."""

from typing import Any

import grpc

from bus.broker.pubsub_service import Service, errors
from bus.broker.quarantine import MOST_KEPT, QUARANTINE
from bus.broker.service_error import ServiceError

EMPTY_AFTER = 0.5
"""Seconds for which one more message is waited for."""


class PubsubSubscription:
    """See `bus.broker.quarantine.Store`. The channel gives back what is read and not removed."""

    def __init__(self, service: Service, held: dict[str, tuple[str, str]]) -> None:
        self._service, self._held = service, held
        self._ids: dict[bytes, list[str]] = {}

    def items(self) -> list[bytes]:
        """What Pub/Sub gives out just now, which may be less than it holds."""
        found: list[tuple[Any, bytes]] = []
        while len(found) < MOST_KEPT and (some := self._pulled(MOST_KEPT - len(found))):
            for one in some:
                self._held[one.ack_id] = QUARANTINE, one.ack_id
                self._ids.setdefault(one.message.data, []).append(one.ack_id)
                found.append((one.message.publish_time, one.message.data))
        return [data for _at, data in sorted(found, key=lambda item: item[0], reverse=True)]

    def _pulled(self, most: int) -> list[Any]:
        try:
            with errors():
                pull = self._service.pull(QUARANTINE, most, within=EMPTY_AFTER)
                return list(pull.result().received_messages)
        except ServiceError as error:
            if error.status == grpc.StatusCode.DEADLINE_EXCEEDED.name:
                return []
            raise

    def remove(self, items: list[bytes]) -> None:
        ids = [self._ids[item].pop() for item in items]
        if ids:
            with errors():
                self._service.acknowledge(QUARANTINE, ids).result()
        for one in ids:
            del self._held[one]
