"""A callback for the server's shutdown, before it waits for open responses to end."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def on_shutdown(callback: Callable[[], None]) -> None:
    """Call `callback` in this event loop at SIGTERM or SIGINT, before the server's own handler.

    ASGI has no event for it: `lifespan.shutdown` comes after the last response has ended, and a
    stream that does not end by itself is cut off after the grace period. Does nothing if the server
    has set no signal handlers, or runs outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _chained(loop, callback, before))


def _chained(
    loop: asyncio.AbstractEventLoop,
    callback: Callable[[], None],
    before: Callable[[int, FrameType | None], object],
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(callback)
        before(number, frame)

    return handle
