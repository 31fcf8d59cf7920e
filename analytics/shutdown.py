"""Hear that the server is about to stop, while it waits for its open responses to end."""

import asyncio
import signal
import threading
from collections.abc import Callable
from types import FrameType


def on_shutdown(tell: Callable[[], None]) -> None:
    """Call `tell` in this event loop when the process is asked to stop; then the server hears it.

    ASGI has no word for it: a server says that it stops only after the last response has ended,
    and a stream that does not end by itself is cut off at the end of the grace period. Does
    nothing where the server has set no handlers of its own, or runs outside of the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.getsignal(number)
        if callable(before):
            signal.signal(number, _telling(loop, tell, before))


def _telling(
    loop: asyncio.AbstractEventLoop,
    tell: Callable[[], None],
    before: Callable[[int, FrameType | None], object],
) -> Callable[[int, FrameType | None], None]:
    def handle(number: int, frame: FrameType | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(tell)
        before(number, frame)

    return handle
