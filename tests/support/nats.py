"""A NATS server with JetStream on disk, which can be killed and started on the same port."""

import asyncio
import os
import socket
import sysconfig
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import nats
from nats.aio.msg import Msg
from nats.js import JetStreamContext

from tests.support.child import Child
from tests.support.servers import free_port
from tests.support.wait import wait_until

Found = TypeVar("Found")


class NatsServer(Child):
    """On loopback alone; its streams are in `folder` and survive it.

    `arguments` of the program may ask for TLS or a login; `options` are what a client then needs.
    """

    def __init__(self, folder: Path, *arguments: str, **options: Any) -> None:
        folder.mkdir()
        self.options = options
        self.port = free_port()
        program = Path(sysconfig.get_path("scripts"), "nats-server")
        command = [str(program), "-a", "127.0.0.1", "-p", str(self.port)]
        command += ["-js", "-sd", str(folder / "streams"), *arguments]
        super().__init__("nats", command, os.environ, folder / "log")

    def open(self) -> None:
        """Start, and wait until it answers."""
        self.start()
        wait_until(self._answers, 20, "NATS answers")

    def _answers(self) -> bool:
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=1) as one,
        ):
            return one.recv(4) == b"INFO"
        return False

    def add_stream(self, name: str) -> None:
        """A stream of the subjects NAME.>, on disk."""
        self._ask(lambda stream: stream.add_stream(name=name, subjects=[f"{name}.>"]))

    def messages(self, stream: str) -> list[Msg]:
        """All that the stream has, in its order."""

        async def read(context: JetStreamContext) -> list[Msg]:
            count = (await context.stream_info(stream)).state.messages
            reader = await context.pull_subscribe(f"{stream}.>", stream=stream)
            found: list[Msg] = []
            while len(found) < count:
                found += await reader.fetch(count - len(found), timeout=5)
            return found

        return self._ask(read)

    def _ask(self, question: Callable[[JetStreamContext], Awaitable[Found]]) -> Found:
        async def ask() -> Found:
            server = f"nats://127.0.0.1:{self.port}"
            client = await nats.connect(server, allow_reconnect=False, **self.options)
            try:
                return await question(client.jetstream())
            finally:
                await client.close()

        return asyncio.run(ask())
