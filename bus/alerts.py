"""The events that the bus itself publishes, for operators: at most one per cause and hour.

They are published only if something is subscribed to them. A delivery of one of them that dies
publishes nothing.
"""

from datetime import datetime

from bus.events import DomainEvent


class DeliveryDied(DomainEvent, frozen=True, kw_only=True):
    """A delivery has died, the first of its group of failures within an hour.

    Published in the transaction of the death. `failure` is the key of the group, `about` the stream
    that the dead delivery is about.
    """

    delivery: int
    subscription: str
    queue: str
    about: str
    attempts: int
    kind: str
    frame: str
    failure: str

    @property
    def stream(self) -> str:
        return f"failures-{self.failure}"


class QueueStuck(DomainEvent, frozen=True, kw_only=True):
    """A queue has had deliveries to start since then, and none is running; once per standstill."""

    queue: str
    since: datetime
    subscriptions: tuple[str, ...]

    @property
    def stream(self) -> str:
        return f"queue-{self.queue}"


ALERTS = (DeliveryDied, QueueStuck)
