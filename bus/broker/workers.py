"""Signs of life: what each worker writes into the broker, and the relay reads."""

from dataclasses import dataclass
from typing import Annotated

import msgspec
import redis

from bus.broker.keys import key

WORKERS = "bus:workers"
"""A hash in Redis: by the name of a worker its last sign of life."""

MOST_READ = 1_000
LONGEST = 4_096
"""Bytes of one sign; Redis may be written to by others."""


Processes = Annotated[int, msgspec.Meta(ge=0, le=32_767)]
QueueName = Annotated[str, msgspec.Meta(pattern=r"^[^\0]*$")]


class Sign(msgspec.Struct, frozen=True):
    """One sign of life. `beat` differs from that of the sign before; clocks are not compared.

    What is read has values that both databases store: numbers in their range, and no NUL.
    """

    beat: str
    queues: list[QueueName]
    processes: Processes


LONGEST_NAME = 200


@dataclass(frozen=True)
class Seen:
    name: str
    sign: Sign


def give(client: redis.Redis, name: str, sign: Sign) -> None:
    """Write a worker's sign of life.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    client.hset(key(WORKERS), name, msgspec.json.encode(sign))


def read(client: redis.Redis) -> list[Seen]:
    """The last sign of each worker; what cannot be read is skipped. `client` must not decode.

    Raises:
        redis.RedisError: Redis does not answer.
    """
    if client.type(key(WORKERS)) != b"hash":
        return []
    signs: dict[bytes, bytes] = client.hgetall(key(WORKERS))  # type: ignore[assignment]  # not decoded
    found = []
    for name, text in list(signs.items())[:MOST_READ]:
        if len(text) > LONGEST or len(name) > LONGEST_NAME or b"\0" in name:
            continue
        try:
            found.append(Seen(name.decode(), msgspec.json.decode(text, type=Sign)))
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
    return found


def forget(client: redis.Redis, names: list[str]) -> None:
    """Delete the signs of these workers."""
    if names:
        client.hdel(key(WORKERS), *names)
