"""The end of every history: all troubles are over, and everything must come to rest."""

from collections.abc import Iterable
from datetime import timedelta

from bus import ops
from bus.models import Subscription
from bus.selectors import settled
from bus.tests.model.invariants import check
from bus.tests.model.ledger import OPEN, Row
from bus.tests.model.world import World

LONG = timedelta(hours=1)

MOST_ROUNDS = 30


def come_to_rest(world: World, *, again: bool) -> None:
    """Let everything be over, and look at what is left.

    The frozen wake when all the others are through, and must not change what these have done.
    `again`: and let everything be done once more.
    """
    world.toys.troubles.clear()
    while world.backfill is not None:
        world.step_backfill(5)
    # All in few messages: what a message holds makes no difference any more.
    Subscription.objects.update(paused_at=None, window=100, batch=100)
    _quiet(world)
    if world.frozen:
        _thaw(world)
    _mend(world)
    if again:
        _again(world)


def _thaw(world: World) -> None:
    while world.frozen:
        world.thaw(0)
        check(world)
    _quiet(world)


def _quiet(world: World) -> None:
    for _round in range(MOST_ROUNDS):
        world.pass_time(LONG)
        if not world.drain():
            check(world)
            return
    raise AssertionError("the bus does not come to rest")


def _mend(world: World) -> None:
    """Whoever is dead gets another chance; the poisoned die again, and are discarded.

    What became pointless while it was dead is not tried again, so it cannot die of its poison.
    """
    _settled_as_it_seems(world)
    for _round in range(MOST_ROUNDS):
        dead = list(_dead(world))
        if not dead:
            break
        poisoned = [row.id for row in dead if _is_poisoned(world, row)]
        ops.deliver_again([row.id for row in dead], by="model")
        check(world)
        _quiet(world)
        still = {row.id for row in _dead(world)}
        assert (still | _pointless(world)).issuperset(poisoned), "poison was digested"
        ops.discard(still.intersection(poisoned), by="model", why="poison")
        check(world)
        _quiet(world)
    _all_closed(world)


def _all_closed(world: World) -> None:
    ledger = world.memory.before
    for row in ledger.rows:
        assert row.state not in OPEN, f"{row} is open when all is over"
        assert row.state == "discarded" or not _is_poisoned(world, row)
    _settled_as_it_seems(world)


def _settled_as_it_seems(world: World) -> None:
    ledger = world.memory.before
    waited_for = {row.stream for row in ledger.rows if row.state in OPEN}
    waited_for |= {event.stream for event in ledger.events.values() if not event.routed}
    for stream in {event.stream for event in ledger.events.values()}:
        assert settled(stream) == (stream not in waited_for)


def _again(world: World) -> None:
    """All that is done is done again, and the other side that honours keys sees nothing new."""
    done = [row.id for row in world.memory.before.rows if row.state == "done"]
    ops.deliver_again(done, by="model", finished=True)
    check(world)
    _quiet(world)
    _all_closed(world)


def _dead(world: World) -> Iterable[Row]:
    return (row for row in world.memory.before.rows if row.state == "dead")


def _pointless(world: World) -> set[int]:
    ledger = world.memory.before
    return {
        row.id
        for row in ledger.rows
        if row.state == "discarded" and ledger.subscriptions[row.subscription].toy == "remind"
    }


def _is_poisoned(world: World, row: Row) -> bool:
    ledger = world.memory.before
    return ledger.events[row.event].poison == ledger.subscriptions[row.subscription].toy
