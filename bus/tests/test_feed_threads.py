"""Each feed reads in its own thread."""

import asyncio
import threading
from collections.abc import Mapping

from bus.feed import Feed, News


def test_slow_read_of_one_feed_holds_up_no_other() -> None:
    started, seen = threading.Event(), threading.Event()

    def slow(watched: Mapping[str, str]) -> dict[str, News]:
        started.set()
        seen.wait(30)
        return {}

    def quick(watched: Mapping[str, str]) -> dict[str, News]:
        return {key: News("1", {"number": 1}) for key in watched}

    async def watch() -> str:
        busy, other = Feed(slow).watch("a"), Feed(quick).watch("a")
        for viewer in (busy, other):
            await anext(viewer)
        await asyncio.to_thread(started.wait, 30)
        try:
            return await anext(other)
        finally:
            seen.set()
            for viewer in (busy, other):
                await viewer.aclose()  # type: ignore[attr-defined]  # an asynchronous generator

    assert "event: news" in asyncio.run(watch())
