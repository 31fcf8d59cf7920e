"""The wire between the shop and one server, which faults may cut, stretch and clog."""

import asyncio
import random
import socket
import ssl
import struct
import threading
from contextlib import suppress
from enum import StrEnum


class Wire(StrEnum):
    FINE = "fine"
    REFUSED = "refused"
    """New connections are refused, and those that are there are reset."""
    DROPPED = "dropped"
    """Nothing arrives in either direction until it is over; then it comes late."""
    NO_REPLIES = "no replies"
    """Requests arrive, answers never do: the request is processed, and its sender cannot tell."""
    CUT = "cut"
    """Requests arrive; in place of its answer each connection is reset."""
    SLOW = "slow"
    """Each piece takes `latency` seconds longer."""
    COMMIT_UNANSWERED = "commit unanswered"
    """A COMMIT arrives; in place of its answer the connection is reset."""
    COMMIT_LOST = "commit lost"
    """The connection is reset instead of bringing a COMMIT to the server."""


KEEPALIVE = 25
"""Seconds; what the shop asks for: probes after 10 s, every 5 s, and three of them."""

COMMIT = b"Q\x00\x00\x00\x0bCOMMIT\x00"
"""What psycopg sends to PostgreSQL: a simple query, eleven bytes long."""

Pair = tuple[asyncio.StreamWriter, asyncio.StreamWriter]


class Proxy:
    """Listens on a port of its own and forwards to `target`; `mode` says how well.

    `reset` breaks every connection with RST; `half_open` closes the server's ends and leaves the
    clients believing in theirs, as a host does that has crashed: who says something is told by
    RST, and who only listens is told by the probes of TCP's keepalive, after `KEEPALIVE` seconds.
    With `tls` clients must speak TLS, and the server need not.
    """

    def __init__(self, target: int, tls: ssl.SSLContext | None = None) -> None:
        self.target = target
        self._tls = tls
        self.latency, self.share = 0.2, 1.0
        self.mode = Wire.FINE
        self._pairs: set[Pair] = set()
        self._half_open: set[Pair] = set()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self.port = 0
        threading.Thread(target=self._serve, daemon=True, name=f"proxy to {target}").start()
        self._ready.wait(5)

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512, ssl=self._tls)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()

    def set(self, mode: Wire, latency: float = 0.2, share: float = 1.0) -> None:
        """`share`: of the commits that are to be cut, so many are."""
        self.latency, self.share = latency, share
        self.mode = mode
        if mode is Wire.REFUSED:
            self.reset()

    def _cuts_this(self) -> bool:
        hit = self.mode in (Wire.COMMIT_UNANSWERED, Wire.COMMIT_LOST)
        return hit and random.random() < self.share

    def reset(self) -> None:
        self._loop.call_soon_threadsafe(self._break, True)

    def half_open(self) -> None:
        self._loop.call_soon_threadsafe(self._break, False)

    def _break(self, both: bool) -> None:
        for pair in list(self._pairs):
            client, server = pair
            if both:
                _abort(client)
            else:
                self._half_open.add(pair)
            server.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode is Wire.REFUSED:
            _abort(writer)
            return
        try:
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _abort(writer)
            return
        pair = (writer, up_writer)
        committed = asyncio.Event()
        self._pairs.add(pair)
        try:
            to_server = self._pump(reader, up_writer, committed, is_reply=False)
            to_client = self._pump(up_reader, writer, committed, is_reply=True)
            tasks = [asyncio.create_task(to_server), asyncio.create_task(to_client)]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
            if pair in self._half_open:
                with suppress(TimeoutError, OSError):
                    await asyncio.wait_for(reader.read(1), KEEPALIVE)
                _abort(writer)
        finally:
            self._pairs.discard(pair)
            self._half_open.discard(pair)
            for end in pair:
                end.close()

    async def _pump(
        self,
        source: asyncio.StreamReader,
        sink: asyncio.StreamWriter,
        committed: asyncio.Event,
        *,
        is_reply: bool,
    ) -> None:
        with suppress(OSError):
            while piece := await source.read(65536):
                if self.mode is Wire.SLOW:
                    await asyncio.sleep(self.latency)
                # TCP sends again what was lost: it comes late, and never with a hole in it.
                while self.mode is Wire.DROPPED:
                    await asyncio.sleep(0.05)
                if is_reply and self.mode in (Wire.NO_REPLIES, Wire.CUT):
                    while self.mode is Wire.NO_REPLIES:
                        await asyncio.sleep(0.05)
                    _abort(sink)
                    return
                if is_reply and committed.is_set():
                    _abort(sink)
                    return
                if not is_reply and piece.endswith(COMMIT) and self._cuts_this():
                    if self.mode is Wire.COMMIT_LOST:
                        _abort(sink)
                        return
                    committed.set()
                sink.write(piece)
                await sink.drain()


def _abort(writer: asyncio.StreamWriter) -> None:
    """End a connection with RST, as a host does that has crashed and is back."""
    sock: socket.socket | None = writer.get_extra_info("socket")
    with suppress(OSError):
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
