"""For each broken bus the shortest history that shows it; on a sound one nothing is amiss."""

from collections.abc import Callable, Iterator
from datetime import timedelta

from bus import ops
from bus.tests.model import broken
from bus.tests.model.rest import come_to_rest
from bus.tests.model.toys import NAME, Trouble
from bus.tests.model.world import World

LONG = timedelta(hours=1)

Script = Callable[[World], Iterator[None]]
"""Yields after each step."""

TAKEN, CALLED = 0, 1
"""Where a worker freezes: it has begun a delivery, or has called the other side."""


def placed(world: World, streams: str = "a") -> None:
    world.place(streams)
    world.relay()


def sent_again(world: World) -> None:
    world.pass_time(LONG)
    world.relay()


def old_message(world: World) -> Iterator[None]:
    placed(world)
    old = world.message("mail")
    sent_again(world)
    world.work(old, freeze_in=TAKEN)
    yield


def frozen(toy: str, streams: str = "a") -> Script:
    """It wakes when another worker has done what it had in hand."""

    def script(world: World) -> Iterator[None]:
        placed(world, streams)
        world.work(world.message(toy), freeze_in=TAKEN)
        yield
        sent_again(world)
        yield
        world.work(world.message(toy))
        yield
        world.thaw(0)
        yield

    return script


def lost(world: World) -> Iterator[None]:
    placed(world)
    world.broker.clear()
    yield
    sent_again(world)
    yield


def two_of_a_stream(world: World) -> Iterator[None]:
    placed(world, "aa")
    yield


def backlog(world: World) -> Iterator[None]:
    placed(world, "abcd")
    yield
    world.relay()
    world.relay()
    yield


def many_at_once(world: World) -> Iterator[None]:
    placed(world, "ab")
    yield
    sent_again(world)
    yield


def reminded(world: World) -> Iterator[None]:
    placed(world)
    yield
    world.work(world.message("book"))
    yield
    sent_again(world)
    yield


def killed_worker(world: World) -> Iterator[None]:
    """Killed at every statement in turn."""
    for statements in range(12):
        placed(world, "abcdefghijkl"[statements])
        world.work(world.message("tally"), statements=statements)
        yield
        world.broker.clear()
        world.pass_time(LONG)
        world.drain()
        yield


def killed_relay(world: World) -> Iterator[None]:
    for statements in range(6):
        world.place("a")
        world.relay(statements=statements)
        yield


def lost_while_sending(world: World) -> Iterator[None]:
    placed(world)
    world.work(world.message("mail"), freeze_in=CALLED)
    world.kill(0)
    yield
    world.broker.clear()
    sent_again(world)
    world.work(world.message("mail"))
    yield


def called_twice(world: World) -> Iterator[None]:
    placed(world)
    world.toys.troubles["ship"].append(Trouble.SOFT_LIMIT)
    for _ in range(2):
        world.drain()
        yield
        world.pass_time(LONG)


def broker_lost_while_sending(world: World) -> Iterator[None]:
    placed(world)
    world.work(world.message("mail"), freeze_in=CALLED)
    world.empty_broker(survivors=0)
    world.relay()
    if any(batch.task == NAME.format("mail") for batch in world.broker):
        world.work(world.message("mail"))
    yield


def paused(world: World) -> Iterator[None]:
    placed(world)
    ops.pause(NAME.format("book"), by="model")
    world.work(world.message("book"))
    yield


def newcomer(world: World) -> Iterator[None]:
    placed(world)
    yield
    world.register_all()
    yield


def lost_worker(world: World) -> Iterator[None]:
    placed(world)
    world.work(world.message("book"), freeze_in=TAKEN)
    world.kill(0)
    yield
    come_to_rest(world, again=False)
    yield


def failed_together(world: World) -> Iterator[None]:
    placed(world, "ab")
    world.work(world.message("tally"), freeze_in=TAKEN)
    world.kill(0)
    world.broker.clear()
    sent_again(world)
    yield


def refused_once(world: World) -> Iterator[None]:
    placed(world)
    world.toys.troubles["book"].append(Trouble.REFUSED)
    world.work(world.message("book"))
    yield


SCRIPTS: dict[broken.Break, Script] = {
    broken.any_message_will_do: old_message,
    broken.atomic_without_fence: frozen("book"),
    broken.outside_without_fence: frozen("mail"),
    broken.next_without_fence: frozen("mail", "ab"),
    broken.old_token: lost,
    broken.no_lanes: two_of_a_stream,
    broken.no_window: backlog,
    broken.no_places: many_at_once,
    broken.no_delay: reminded,
    broken.pointless_all_the_same: reminded,
    broken.effect_apart_from_done: killed_worker,
    broken.outbox_emptied_first: killed_relay,
    broken.doubt_forgotten: lost_while_sending,
    broken.a_key_for_each_try: called_twice,
    broken.broker_loss_is_workers_loss: broker_lost_while_sending,
    broken.pause_unheard: paused,
    broken.newcomer_misses_the_last_minute: newcomer,
    broken.leases_never_end: lost_worker,
    broken.suspects_in_company: failed_together,
    broken.no_second_try: refused_once,
}
