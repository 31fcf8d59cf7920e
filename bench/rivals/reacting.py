"""Handling an event without a ledger: one transaction, or one call and then one transaction."""

from contextlib import nullcontext
from typing import Any
from uuid import uuid4

from django.db import transaction

from bus import DomainEvent
from bus.handlers import Handler, declared


def handlers_to(event: DomainEvent) -> list[Handler]:
    """All that the apps subscribe to this type of event."""
    return [one for one in declared() if one.event_type is type(event)]


def react_to(event: DomainEvent) -> None:
    """Have everything done that follows from the event itself."""
    for handler in handlers_to(event):
        react(handler, event)


def react(handler: Handler, event: DomainEvent) -> None:
    """Have one effect by the app's own service."""
    if handler.external:
        _outside(handler, event)
        return
    with transaction.atomic():
        if handler.lock:
            handler.lock([event])
        handler.function([event] if handler.whole_batch else event)


def _outside(handler: Handler, event: DomainEvent) -> None:
    key = f"{uuid4()}.{handler.name}"
    resource: Any = handler.using() if handler.using else nullcontext()
    with resource as opened:
        extra = (opened,) if handler.using else ()
        after = handler.function(event, key, *extra)
    if after:
        with transaction.atomic():
            after()
