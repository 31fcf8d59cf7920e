"""What the bus needs of a project's Celery app."""

import os
from typing import Any

from celery import Celery
from celery.app.amqp import AMQP
from django.core.exceptions import ImproperlyConfigured
from kombu import Connection
from kombu.transport import TRANSPORT_ALIASES

from bus import conf
from bus.broker.address import Address, read
from bus.broker.redis_address import RedisAddress
from bus.broker.url import BadAddress
from bus.worker import startup

CONFIGURATION = {
    # The ledger is the result; a result backend grows and leaks.
    "task_ignore_result": True,
    # A pickle message is refused.
    "accept_content": ["json"],
    "task_serializer": "json",
    # A message that was not started comes back; one that was started is fenced by its token.
    "task_acks_late": True,
    "task_reject_on_worker_lost": False,
    # The ledger retries; unacknowledged, a failing message would loop for ever.
    "task_acks_on_failure": True,
    "task_acks_on_timeout": True,
    # A batch is one message.
    "worker_prefetch_multiplier": 1,
    # A running task may commit, connection or not.
    "worker_cancel_long_running_tasks_on_connection_loss": False,
    # With REMAP_SIGTERM=SIGQUIT in its environment, a worker that gets SIGTERM finishes its running
    # tasks and, after these seconds, releases the rest. An idle one ends at once.
    "worker_soft_shutdown_timeout": 20,
    # By default workers give up after a while, or exit on READONLY and out-of-memory.
    "broker_connection_max_retries": None,
    "broker_connection_retry_on_startup": True,
    "broker_channel_error_retry": True,
    # In seconds. A worker that only listens on a dead connection to RabbitMQ notices after two.
    "broker_heartbeat": 10,
    # After a flush, Redis drops a publish through a named exchange without an error.
    "task_create_missing_queues": False,
    # It inspects each message before Celery looks for its task.
    "worker_consumer": "bus.worker.consumer:Consumer",
    # Messages for which a connection to the database is kept; Celery closes it around each task.
    "CELERY_DB_REUSE_MAX": 10_000,
}
TRANSPORTS = {
    **dict.fromkeys(("redis", "rediss", "redis+socket"), "bus.broker.transport:Transport"),
    "sentinel": "bus.broker.transport:SentinelTransport",
    **dict.fromkeys(("amqp", "amqps"), "bus.broker.rabbitmq:Transport"),
    "sqs": "bus.broker.sqs:Transport",
    "gcpubsub": "bus.broker.pubsub:Transport",
}
"""By the schemes of kombu's URLs. Flower shows queues only of brokers with these names."""


class BrokerConnection(Connection):
    """A connection that tries a lost broker every second; Celery waits up to 30 s by default."""

    def ensure_connection(self, *args: Any, **options: Any) -> Any:
        kombu: Any = super()
        return kombu.ensure_connection(*args, interval_start=1, interval_max=1, **options)


class Amqp(AMQP):  # type: ignore[misc]  # Celery has no types
    """Celery's messaging with our connection."""

    Connection = BrokerConnection


def configure(app: Celery) -> None:
    """Give the app the broker of BUS_REDIS_URL, the bus's transport, and what its promises need.

    Call it once, where the app is made; what the project sets in `app.conf` afterwards wins. A
    `worker_consumer` of its own must be a kind of `bus.worker.consumer.Consumer`. The transports
    are those of every Celery app of the process. Its workers and beat run `bus.worker.startup` when
    they start.

    Raises:
        ImproperlyConfigured: BUS_REDIS_URL cannot be read.
    """
    url = conf.redis_url()
    try:
        # Without one it is set later; workers and beat do not start before that.
        address: Address = read(url) if url else RedisAddress()
    except BadAddress as error:
        raise ImproperlyConfigured(f"{conf.name('BUS_REDIS_URL')} {error}") from None
    # Set by the command `celery` to BROKER_URL, which the environment may have in our spelling.
    os.environ.pop("CELERY_BROKER_URL", None)
    TRANSPORT_ALIASES.update(TRANSPORTS)
    app.amqp_cls = Amqp
    app.conf.update(
        CONFIGURATION,
        broker_url=address.kombu_url(),
        broker_use_ssl=address.tls_options(),
        broker_transport_options=address.transport_options(),
    )
    startup.connect()
    # By name: it needs the models, which can be imported only later.
    app.steps["consumer"].add("bus.worker.heartbeat:Heartbeat")
