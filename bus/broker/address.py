"""The address of the broker: one reader for all that are supported."""

from kombu import Queue

from bus import conf
from bus.broker.pubsub_address import PubsubAddress
from bus.broker.rabbitmq_address import RabbitmqAddress
from bus.broker.redis_address import EXAMPLE, RedisAddress
from bus.broker.sentinel_address import SentinelAddress
from bus.broker.sqs_address import SqsAddress
from bus.broker.url import BadAddress

Address = RedisAddress | SentinelAddress | RabbitmqAddress | SqsAddress | PubsubAddress

KINDS: dict[str, type[Address]] = {
    "redis": RedisAddress,
    "rediss": RedisAddress,
    "unix": RedisAddress,
    "redis+socket": RedisAddress,
    "sentinel": SentinelAddress,
    "amqp": RabbitmqAddress,
    "amqps": RabbitmqAddress,
    "sqs": SqsAddress,
    "gcpubsub": PubsubAddress,
}


def read(url: str, *, password: str = "") -> Address:
    """The parts of a URL; `password` is used if the URL has none.

    Raises:
        BadAddress: it cannot be read, or is that of a broker that is not supported.
    """
    scheme = url.partition("://")[0].lower() if "://" in url else ""
    if not scheme:
        raise BadAddress(f"is not the address of a broker; write it like {EXAMPLE}.")
    if scheme not in KINDS:
        known = ", ".join(KINDS)
        raise BadAddress(f"begins with {scheme}://, which is not supported; supported are {known}.")
    return KINDS[scheme].read(url, password=password)


def configured() -> Address:
    """The parts of BUS_REDIS_URL.

    Raises:
        BadAddress: it cannot be read.
    """
    return read(conf.redis_url())


def queue(name: str) -> Queue:
    """A queue with deliveries, as the relay and the workers declare it alike."""
    try:
        address = configured()
    except BadAddress:  # a system check says so
        address = RedisAddress()
    return Queue(name, routing_key=name, queue_arguments=address.queue_arguments())
