"""Limits of connections to the web server: their number, and their time without progress."""

import asyncio
import resource
from typing import Any

from django.conf import settings
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_WITHIN = 10
"""Seconds for a request's header to arrive, from the connection or the last answer."""

ANSWER_TAKEN_WITHIN = 30
"""Seconds for which a client may leave an answer unread."""

BACKLOG = 128
"""Connections that wait to be accepted. asyncio accepts up to as many before we count them."""


def most_connections() -> int:
    """MOST_CONNECTIONS, or half of the process's file descriptors if that is less.

    The other half is for the database, files, and connections that are being accepted.
    """
    soft, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return int(settings.MOST_CONNECTIONS)
    return min(int(settings.MOST_CONNECTIONS), soft // 2)


class GuardedConnection(H11Protocol):
    """HTTP/1.1 that closes connections of clients that send no request or read no answer.

    When all connections are taken, a new one replaces the one that has been without a complete
    request for longest. If each has a request in progress, the new one is refused.
    """

    idle_since: float
    _request_timer: asyncio.TimerHandle | None = None
    _answer_timer: asyncio.TimerHandle | None = None

    @property
    def has_request(self) -> bool:
        """A request's header has arrived, and its answer is not complete."""
        return self.cycle is not None and not self.cycle.response_complete

    @property
    def idle(self) -> bool:
        """There is no request, or its body is not complete."""
        return not self.has_request or self.cycle.more_body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's is wider
        super().connection_made(transport)
        self._wait_for_request()
        if len(self.connections) > most_connections():
            self._make_room()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.has_request:
            self._stop(self._request_timer)

    def on_response_complete(self) -> None:
        self._wait_for_request()
        super().on_response_complete()
        if self.has_request:  # a pipelined request
            self._stop(self._request_timer)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_timer = self.loop.call_later(ANSWER_TAKEN_WITHIN, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop(self._answer_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._request_timer)
        self._stop(self._answer_timer)
        super().connection_lost(exc)
        self._unset_keepalive_if_required()

    def _wait_for_request(self) -> None:
        self._stop(self._request_timer)
        self.idle_since = self.loop.time()
        self._request_timer = self.loop.call_later(REQUEST_WITHIN, self.transport.abort)

    def _make_room(self) -> None:
        others: list[Any] = [one for one in self.connections if one is not self and one.idle]
        leaves = min(others, key=lambda one: one.idle_since, default=self)
        # Closing is seen in the next turn of the loop; other connections may come before.
        self.connections.discard(leaves)
        leaves.transport.abort()

    @staticmethod
    def _stop(timer: asyncio.TimerHandle | None) -> None:
        if timer is not None:
            timer.cancel()
