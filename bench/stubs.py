"""The mail provider and the warehouse, in a process of their own, so that their CPU is told apart.

They do as little as they can: whatever they cost is taken from the shop's share of the machine.
"""

import asyncio
import multiprocessing
from dataclasses import dataclass
from multiprocessing.connection import Connection

STALL = 2.0
"""Seconds by which an ill mail provider is late."""

HAPPY = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@dataclass
class Illness:
    """What share of all mails is late, or whether no server takes any."""

    stalled: float = 0.0
    gone: bool = False


class Stubs:
    """Both servers, on ports of their own."""

    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._mine, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self.mail_port, self.warehouse_port = self._mine.recv()

    @property
    def pid(self) -> int:
        assert self._process.pid
        return self._process.pid

    def stall(self, share: float) -> None:
        """From now on this share of all mails is answered late; evenly, not at random."""
        self._tell(Illness(stalled=share))

    def hang_up(self) -> None:
        """From now on connections for mails are refused."""
        self._tell(Illness(gone=True))

    def recover(self) -> None:
        self._tell(Illness())

    def _tell(self, illness: "Illness") -> None:
        self._mine.send(illness)
        self._mine.recv()

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _serve(parent: Connection) -> None:
    asyncio.run(_run(parent))


async def _run(parent: Connection) -> None:
    taker = _MailTaker()
    mail = await asyncio.start_server(taker.take, "127.0.0.1", 0)
    warehouse = await asyncio.start_server(_ship, "127.0.0.1", 0)
    mail_port, warehouse_port = (one.sockets[0].getsockname()[1] for one in (mail, warehouse))
    parent.send((mail_port, warehouse_port))
    loop = asyncio.get_running_loop()
    orders: asyncio.Queue[Illness] = asyncio.Queue()
    loop.add_reader(parent.fileno(), lambda: orders.put_nowait(parent.recv()))
    while True:
        taker.illness = await orders.get()
        if taker.illness.gone:
            mail.close()
            taker.hang_up()
        elif not mail.is_serving():
            mail = await asyncio.start_server(taker.take, "127.0.0.1", mail_port)
        parent.send("done")


class _MailTaker:
    """SMTP (RFC 5321) for a client that says what it should, in order."""

    def __init__(self) -> None:
        self.illness = Illness()
        self._stall = 0.0
        self._connected: set[asyncio.StreamWriter] = set()

    def hang_up(self) -> None:
        for writer in self._connected:
            writer.transport.abort()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connected.add(writer)
        try:
            writer.write(b"220 stub\r\n")
            while line := await reader.readline():
                command = line[:4].upper()
                if command == b"DATA":
                    writer.write(b"354 go on\r\n")
                    await self._read(reader)
                    writer.write(b"250 taken\r\n")
                elif command == b"QUIT":
                    writer.write(b"221 bye\r\n")
                    break
                else:
                    writer.write(b"250 OK\r\n")
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._connected.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        while await reader.readline() != b".\r\n":
            pass
        self._stall += self.illness.stalled
        if self._stall >= 1:
            self._stall -= 1
            await asyncio.sleep(STALL)


async def _ship(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Says 200 to every request (RFC 9112) and keeps the connection."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lengths = (line for line in head.lower().split(b"\r\n") if b"content-length" in line)
            await reader.readexactly(int(next(lengths, b":0").partition(b":")[2]))
            writer.write(HAPPY)
    except (ConnectionError, asyncio.IncompleteReadError):
        pass
    finally:
        writer.close()
