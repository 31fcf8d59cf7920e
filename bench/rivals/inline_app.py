"""Publishing an event calls everything that reacts to it, once the change is committed."""

import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from django.apps import AppConfig


class ToDo(threading.local):
    """Events of one request, in the order in which they were published."""

    def __init__(self, react: Callable[[Any], None]) -> None:
        self._react = react
        self._events: deque[Any] = deque()
        self._busy = False

    def add(self, event: Any) -> None:
        """Have the event handled now, or after those that are being handled in this thread."""
        self._events.append(event)
        if self._busy:
            return
        self._busy = True
        try:
            while self._events:
                self._react(self._events.popleft())
        finally:
            self._busy = False
            self._events.clear()


class InLine(AppConfig):
    name = "bench.rivals"
    label = "bench_inline"

    def ready(self) -> None:
        from django.db import transaction

        from bench.rivals import reacting
        from bus import publishing
        from tests.support.replacement import replace

        def publish(event: Any, *, cause: Any = None) -> None:  # noqa: ARG001 -- as the bus has it
            transaction.on_commit(partial(todo.add, event))

        todo = ToDo(reacting.react_to)
        replace(publishing.publish, publish)
