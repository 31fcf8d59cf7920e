"""A RabbitMQ that can be killed, frozen and started again on the same port, as root or not."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import amqp

from tests.support.child import Child
from tests.support.machine import part
from tests.support.servers import free_port
from tests.support.wait import wait_until

NAME = "shop"
START_WITHIN = 90
EVENTS = "celeryev"
"""The exchange of task events, which are all that Flower has."""


class RabbitmqServer(Child):
    """Debian's, on loopback alone, with all its files in `folder`.

    Not by /usr/sbin/rabbitmq-server, which becomes the user of the service. Its name server is one
    of its own: Erlang would start one on all addresses, which outlives the broker.
    """

    def __init__(self, folder: Path, *settings: str) -> None:
        folder.mkdir()
        self.port = self.front = free_port()
        names = str(free_port())
        listeners = [f"listeners.tcp.1 = 127.0.0.1:{self.port}", *settings]
        (folder / "rabbitmq.conf").write_text("\n".join(listeners) + "\n")
        (folder / "plugins").write_text("[].\n")
        env = {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "HOME": str(folder),
            "RABBITMQ_NODENAME": f"{NAME}{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "logs"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "ERL_EPMD_PORT": names,
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
            ),
        }
        super().__init__("rabbitmq", [str(part("rabbitmq").path)], env, folder / "log")
        command = ["epmd", "-address", "127.0.0.1", "-port", names]
        self._names = Child("epmd", command, env, folder / "epmd.log")
        self._lock = threading.Lock()

    def url(self, port: int) -> str:
        """The address through this port, in the spelling of the shop."""
        return f"amqp://guest:guest@127.0.0.1:{port}/"

    def open(self) -> None:
        """Start, and wait until it answers."""
        if not self._names.alive:
            self._names.start()
        self.start()
        wait_until(self.answers, START_WITHIN, "RabbitMQ answers", every=0.2)

    def answers(self) -> bool:
        with suppress(OSError, amqp.AMQPError), self.connected():
            return True
        return False

    @contextmanager
    def connected(self) -> Iterator[amqp.Connection]:
        """A connection straight to the server, past the wire that faults cut."""
        host = f"127.0.0.1:{self.port}"
        with amqp.Connection(host, connect_timeout=2, read_timeout=5, write_timeout=5) as found:
            yield found

    def revive(self) -> None:
        """Start it again unless another fault has done so."""
        with self._lock:
            if not self.alive:
                self.open()

    def restart(self) -> None:
        """Let it end by itself, as its service does, and start it again."""
        with self._lock:
            self.stop(grace=60)
            self.open()

    def heal(self) -> None:
        """Alive and answering."""
        self.signal_group(signal.SIGCONT)
        self.revive()

    def close(self) -> None:
        """Kill it, and its name server."""
        self.kill(hold=True)
        self._names.kill(hold=True)

    def depth(self, queue: str) -> int:
        """How many messages wait in a queue."""
        with self.connected() as connection:
            return connection.channel().queue_declare(queue, passive=True).message_count

    def publish(self, queue: str, *messages: amqp.Message) -> None:
        """Put these messages into a queue that is there already."""
        with self.connected() as connection:
            channel = connection.channel()
            channel.confirm_select()
            for message in messages:
                channel.basic_publish_confirm(message, routing_key=queue, confirm_timeout=5)

    def task_events(self, stop: threading.Event) -> Iterator[bytes]:
        """What Flower would receive.

        Raises:
            OSError, amqp.AMQPError: the connection is lost.
        """
        with self.connected() as connection:
            channel = connection.channel()
            channel.exchange_declare(EVENTS, "topic", durable=True, auto_delete=False)
            mine = channel.queue_declare(exclusive=True).queue
            channel.queue_bind(mine, EVENTS, "#")
            got: list[bytes] = []
            channel.basic_consume(mine, no_ack=True, callback=lambda one: got.append(one.body))
            while not stop.is_set():
                with suppress(TimeoutError):
                    connection.drain_events(timeout=1)
                for body in got:
                    yield body if isinstance(body, bytes) else body.encode()
                got.clear()
