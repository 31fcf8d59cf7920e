"""Handling a fact without a ledger: one transaction, or one call and then one transaction."""

from contextlib import nullcontext
from typing import Any
from uuid import uuid4

from django.db import transaction

from bus import Fact
from bus.registry import Reaction, reactions


def reactions_to(fact: Fact) -> list[Reaction]:
    """All that the rooms subscribe to this type of fact."""
    return [one for one in reactions() if one.fact is type(fact)]


def react_to(fact: Fact) -> None:
    """Have everything done that follows from the fact itself."""
    for reaction in reactions_to(fact):
        react(reaction, fact)


def react(reaction: Reaction, fact: Fact) -> None:
    """Have one effect by the room's own service."""
    if reaction.outside:
        _outside(reaction, fact)
        return
    with transaction.atomic():
        if reaction.lock:
            reaction.lock([fact])
        reaction.handler([fact] if reaction.whole_batch else fact)


def _outside(reaction: Reaction, fact: Fact) -> None:
    key = f"{uuid4()}.{reaction.name}"
    resource: Any = reaction.using() if reaction.using else nullcontext()
    with resource as opened:
        extra = (opened,) if reaction.using else ()
        after = reaction.handler(fact, key, *extra)
    if after:
        with transaction.atomic():
            after()
