"""The feed: one reader for all viewers, whatever they watch, and none without a viewer."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping

import pytest
from django.test import AsyncRequestFactory

from bus import feed
from bus.feed import Feed, News


class Board:
    """A number for each key, how often they were read, and for which keys there was news."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {"a": 0, "b": 0}
        self.reads: list[set[str]] = []
        self.computed: list[str] = []
        self.broken = False

    def read(self, watched: Mapping[str, str]) -> dict[str, News]:
        self.reads.append(set(watched))
        if self.broken:
            raise OSError("The database is away.")
        changed = [key for key, seen in watched.items() if seen != str(self.numbers[key])]
        self.computed += changed
        return {key: News(str(self.numbers[key]), {"number": self.numbers[key]}) for key in changed}


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Board:
    monkeypatch.setattr(feed, "POLL_EVERY", 0.01)
    monkeypatch.setattr(feed, "BEAT", 0.1)
    return Board()


async def news(viewer: AsyncIterator[str]) -> int | None:
    """The number that the viewer gets next, beats left out."""
    async for frame in viewer:
        if "event: news" in frame:
            return int(json.loads(frame.partition("data: ")[2])["number"])
    return None


async def leave(*viewers: AsyncIterator[str]) -> None:
    for viewer in viewers:
        await viewer.aclose()  # type: ignore[attr-defined]  # an asynchronous generator


def test_every_viewer_receives_every_change(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewers = [one.watch("a") for _viewer in range(3)]
        first = [await news(viewer) for viewer in viewers]
        board.numbers["a"] = 5
        second = await asyncio.gather(*(news(viewer) for viewer in viewers))
        await leave(*viewers)
        return first, second

    assert asyncio.run(watch()) == ([0, 0, 0], [5, 5, 5])


def test_viewer_receives_news_of_its_own_key_alone(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        mine, other = one.watch("a"), one.watch("b")
        await asyncio.gather(news(mine), news(other))
        board.numbers["b"] = 7
        found = await news(other)
        beat = await anext(mine)
        await leave(mine, other)
        return found, beat.startswith(": nothing new")

    assert asyncio.run(watch()) == (7, True)


@pytest.mark.parametrize("viewers", [1, 100])
def test_reads_do_not_grow_with_viewers(
    board: Board, monkeypatch: pytest.MonkeyPatch, viewers: int
) -> None:
    monkeypatch.setattr(feed, "POLL_EVERY", 60)
    board.numbers = {f"{number}": 1 for number in range(viewers)}

    async def watch() -> None:
        one = Feed(board.read)
        watching = [one.watch(key) for key in board.numbers]
        await asyncio.gather(*(news(viewer) for viewer in watching))
        await leave(*watching)

    asyncio.run(watch())

    assert [len(keys) for keys in board.reads] == [viewers]


def test_news_of_a_key_are_computed_once_for_all_its_viewers(board: Board) -> None:
    async def watch() -> None:
        one = Feed(board.read)
        viewers = [one.watch("a", seen="0") for _viewer in range(100)]
        waiting = [asyncio.ensure_future(news(viewer)) for viewer in viewers]
        await asyncio.sleep(0.05)
        board.numbers["a"] = 5
        await asyncio.gather(*waiting)
        await leave(*viewers)

    asyncio.run(watch())

    assert board.computed == ["a"]


def test_viewer_who_has_the_current_state_gets_no_news_until_it_changes(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewer = one.watch("a", seen="0")
        frames = [await anext(viewer) for _frame in range(3)]
        board.numbers["a"] = 1
        found = await news(viewer)
        await leave(viewer)
        return [frame for frame in frames if "event: news" in frame], found

    assert asyncio.run(watch()) == ([], 1)
    assert board.computed == ["a"]


def test_viewer_with_older_state_gets_news_though_the_first_viewer_needs_none(
    board: Board,
) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        first = one.watch("a", seen="0")
        await anext(first)
        late = one.watch("a", seen="an older mark")
        found = await news(late)
        await leave(first, late)
        return found

    assert asyncio.run(watch()) == 0


def test_reads_stop_after_last_viewer_has_left(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewer = one.watch("a")
        await news(viewer)
        await leave(viewer)
        await asyncio.sleep(0.05)  # a read that was under way may end
        reads = len(board.reads)
        await asyncio.sleep(0.1)
        return one.viewers, len(board.reads) - reads

    assert asyncio.run(watch()) == (0, 0)


def test_key_without_viewers_is_not_read(board: Board) -> None:
    async def watch() -> None:
        one = Feed(board.read)
        mine, other = one.watch("a"), one.watch("b")
        await asyncio.gather(news(mine), news(other))
        await leave(other)
        await asyncio.sleep(0.05)
        await leave(mine)

    asyncio.run(watch())

    assert board.reads[-1] == {"a"}


def test_returning_viewer_receives_current_state(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewer = one.watch("a")
        await news(viewer)
        await leave(viewer)
        board.numbers["a"] = 7
        again = one.watch("a")
        found = await news(again)
        await leave(again)
        return found

    assert asyncio.run(watch()) == 7


def test_age_of_data_grows_while_database_is_down(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewer = one.watch("a")
        await news(viewer)
        board.broken = True
        await asyncio.sleep(0.05)
        beats = [await anext(viewer) for _beat in range(3)]
        board.broken, board.numbers["a"] = False, 9
        found = await news(viewer)
        await leave(viewer)
        return len(set(beats)), found

    assert asyncio.run(watch()) == (1, 9)


def test_stream_continues_from_the_last_event_of_the_browser(board: Board) -> None:
    async def answer(address: str, **headers: str) -> str:
        request = AsyncRequestFactory().get(address, headers=headers)
        response = await feed.stream(request, board.read, "a")
        frames = response.streaming_content  # type: ignore[attr-defined]  # a stream's
        said = [(await anext(frames)).decode() for _frame in range(2)]
        await frames.aclose()
        return str(said[1])

    assert "event: news" in asyncio.run(answer("/"))
    assert "event: news" not in asyncio.run(answer("/?seen=0"))
    assert "event: news" in asyncio.run(answer("/?seen=1"))
    assert "event: news" not in asyncio.run(answer("/?seen=1", **{"Last-Event-ID": "0"}))


def test_stream_ends_after_a_while_and_tells_its_viewer_to_connect_again(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "LONGEST", 0)

    async def watch() -> list[str]:
        return [frame async for frame in Feed(board.read).watch("a")]

    assert asyncio.run(watch())[-1].startswith("event: again\ndata: ")


@pytest.mark.parametrize(("every", "many"), [(60, False), (None, True)])
def test_feed_reads_at_the_pace_of_its_page(board: Board, every: float | None, many: bool) -> None:
    async def watch() -> None:
        viewer = Feed(board.read, every).watch("a")
        await news(viewer)
        await asyncio.sleep(0.1)
        await leave(viewer)

    asyncio.run(watch())

    assert (len(board.reads) > 1) is many


def test_feed_ends_its_streams_when_the_server_stops(board: Board) -> None:
    async def watch() -> object:
        one = Feed(board.read)
        viewer = one.watch("a")
        await news(viewer)
        one.stop()
        return [frame async for frame in viewer]

    assert asyncio.run(watch()) == []
