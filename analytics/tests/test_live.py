"""The feed: one reader for all viewers, and none without a viewer."""

import asyncio
import json

import pytest

from analytics import live


class Shop:
    """Figures to be read, and how often they were."""

    def __init__(self):
        self.orders = 0
        self.reads = 0
        self.broken = False

    def read(self):
        self.reads += 1
        if self.broken:
            raise OSError("The database is away.")
        return {"orders": self.orders}


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr(live, "POLL_EVERY", 0.01)
    monkeypatch.setattr(live, "BEAT", 0.1)
    return Shop()


async def figures(viewer):
    """What the viewer is told next, beats left out."""
    async for frame in viewer:
        if frame.startswith("event: figures"):
            return json.loads(frame.partition("data: ")[2])["orders"]
    return None


def test_every_viewer_receives_every_change(shop):
    async def watch():
        feed = live.Feed(shop.read)
        viewers = [feed.watch() for _viewer in range(3)]
        first = [await figures(viewer) for viewer in viewers]
        shop.orders = 5
        second = await asyncio.gather(*(figures(viewer) for viewer in viewers))
        for viewer in viewers:
            await viewer.aclose()
        return first, second

    assert asyncio.run(watch()) == ([0, 0, 0], [5, 5, 5])


def test_reads_do_not_grow_with_viewers(shop, monkeypatch):
    monkeypatch.setattr(live, "POLL_EVERY", 60)

    async def watch():
        feed = live.Feed(shop.read)
        viewers = [feed.watch() for _viewer in range(100)]
        await asyncio.gather(*(figures(viewer) for viewer in viewers))
        for viewer in viewers:
            await viewer.aclose()

    asyncio.run(watch())

    assert shop.reads == 1


def test_reads_stop_after_last_viewer_has_left(shop):
    async def watch():
        feed = live.Feed(shop.read)
        viewer = feed.watch()
        await figures(viewer)
        await viewer.aclose()
        await asyncio.sleep(0.05)  # a read that was under way may end
        reads = shop.reads
        await asyncio.sleep(0.1)
        return feed.viewers, shop.reads - reads

    assert asyncio.run(watch()) == (0, 0)


def test_returning_viewer_receives_current_figures(shop):
    async def watch():
        feed = live.Feed(shop.read)
        viewer = feed.watch()
        await figures(viewer)
        await viewer.aclose()
        shop.orders = 7
        again = feed.watch()
        found = await figures(again)
        await again.aclose()
        return found

    assert asyncio.run(watch()) == 7


def test_age_of_data_grows_while_database_is_down(shop):
    async def watch():
        feed = live.Feed(shop.read)
        viewer = feed.watch()
        await figures(viewer)
        shop.broken = True
        await asyncio.sleep(0.05)
        beats = [await anext(viewer) for _beat in range(3)]
        shop.broken, shop.orders = False, 9
        found = await figures(viewer)
        await viewer.aclose()
        return len(set(beats)), found

    assert asyncio.run(watch()) == (1, 9)
