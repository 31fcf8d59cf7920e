"""The keys of persons: read one, or make it, for a transaction that publishes."""

from dataclasses import dataclass

from bus import sealing
from bus.store.database import db


@dataclass(frozen=True)
class PersonKey:
    """The row of a person, and their key as it is stored."""

    id: int
    secret: str


def key_of(person: str) -> PersonKey:
    """The person's key, made if there is none; locked until the transaction ends."""
    digest = sealing.digests(person)[0]
    while True:
        # Nothing, if another transaction has just made or erased it: the next statement sees that.
        if found := db.person_key(digest, sealing.new_secret()):
            return PersonKey(*found)
