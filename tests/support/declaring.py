"""Handlers that are declared for the length of one test."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from celery import current_app

from bus import handlers


@contextmanager
def declaring(declare: Callable[[], None]) -> Iterator[None]:
    """What `declare` subscribes is subscribed inside alone."""
    before = dict(handlers.by_name)
    declare()
    try:
        yield
    finally:
        for name in handlers.by_name.keys() - before.keys():
            current_app.tasks.pop(name)
        handlers.by_name.clear()
        handlers.by_name.update(before)
