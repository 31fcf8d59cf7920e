"""What must be true of the bus after every step of every history."""

from collections import Counter
from datetime import timedelta
from itertools import groupby

from django.db.models.functions import Now

from bus.models import Delivery
from bus.tests.model.ledger import IN_FLIGHT, OPEN, Ledger, Row
from bus.tests.model.ledger import read as read_ledger
from bus.tests.model.toys import FREE, NAME, REMIND_AFTER, RETRY
from bus.tests.model.world import World

A_HISTORY = timedelta(seconds=20)
"""Longer than one takes by the database's clock."""


def check(world: World) -> None:
    """Look at the database and compare it with what was seen before."""
    ledger = read_ledger()
    tokens_only_grow(world, ledger)
    nobody_goes_by(world, ledger)
    nothing_pointless(world, ledger)
    world.memory.observe(ledger)
    one_delivery_each(world, ledger)
    done_with_its_effect(world, ledger)
    events_with_their_cause(world, ledger)
    lanes_in_order(world, ledger)
    windows_kept(ledger)
    places_kept(ledger)
    nothing_before_its_time(world)
    in_somebodys_hands(world, ledger)
    calls_accounted_for(world, ledger)
    suspects_without_company(world, ledger)
    dead_for_a_reason(world, ledger)


def tokens_only_grow(world: World, ledger: Ledger) -> None:
    """What was valid once and is not any more never becomes valid again."""
    for row in ledger.rows:
        before = world.memory.rows_before.get(row.id)
        assert before is None or row.token >= before.token, f"{row} after {before}"


def lanes(ledger: Ledger) -> list[list[Row]]:
    """The deliveries of each lane, in the order of their events."""
    ordered = [row for row in ledger.rows if row.ordered]
    ordered.sort(key=lambda row: (row.stream, row.queue, row.event, row.id))
    return [list(rows) for _lane, rows in groupby(ordered, lambda row: (row.stream, row.queue))]


def nobody_goes_by(world: World, ledger: Ledger) -> None:
    """What was sent in this step did not pass by an earlier one that was open all the time."""
    before = world.memory.rows_before
    for lane in lanes(ledger):
        open_before = False
        for row in lane:
            was = before.get(row.id)
            sent_now = row.state in IN_FLIGHT and was and was.state == "waiting"
            assert not (sent_now and open_before), f"{row} passed by an earlier one"
            open_before |= bool(row.state in OPEN and was and was.state in OPEN)


def lanes_in_order(world: World, ledger: Ledger) -> None:
    """One at a time; and nothing is begun before all earlier ones are closed."""
    done = Counter(ledger.effects)
    for lane in lanes(ledger):
        in_flight = [row for row in lane if row.state in IN_FLIGHT]
        assert len(in_flight) <= 1, f"two of a lane at a time: {in_flight}"
        waited_for: Row | None = None
        for row in lane:
            begun = row.state in IN_FLIGHT or done[ledger.effect(row)]
            assert not (begun and waited_for), f"{row} is before {waited_for}"
            if row.state in OPEN and row.id not in world.memory.late:
                waited_for = row
        punctual = [ledger.effect(row) for row in lane if row.id not in world.memory.late]
        first = {effect: at for at, effect in reversed(list(enumerate(ledger.effects)))}
        times = [first[effect] for effect in punctual if effect in first]
        assert times == sorted(times), f"effects of a lane are out of order: {punctual}"


def windows_kept(ledger: Ledger) -> None:
    """The broker holds no more of a subscription than its window."""
    in_flight = Counter(row.subscription for row in ledger.rows if row.state in IN_FLIGHT)
    for pk, count in in_flight.items():
        assert count <= ledger.subscriptions[pk].window, f"{count} of subscription {pk}"


def places_kept(ledger: Ledger) -> None:
    """No more of a limited queue is in flight than may be at once."""
    free = {
        pk for pk, one in ledger.subscriptions.items() if one.toy in ("tally", "mail", "remind")
    }
    in_flight = [r for r in ledger.rows if r.state in IN_FLIGHT and r.subscription in free]
    assert len(in_flight) <= (FREE.at_once or 0), f"too many at once: {in_flight}"


def nothing_before_its_time(world: World) -> None:
    """What is to wait after its event is not sent before, unless an operator has asked for it."""
    early = Delivery.objects.filter(
        subscription__name=NAME.format("remind"),
        state__in=IN_FLIGHT,
        event__at__gt=Now() - REMIND_AFTER + A_HISTORY,
    )
    assert not early.exclude(pk__in=world.memory.hurried).exists(), "sent before its time"


def nothing_pointless(world: World, ledger: Ledger) -> None:
    """What a later event had made pointless before this step was not sent in it; and nothing was
    discarded as pointless that is not."""
    booked = [one for one in ledger.events.values() if one.type == "Booked"]
    for row in ledger.rows:
        if ledger.subscriptions[row.subscription].toy != "remind":
            continue
        later = [one.id for one in booked if one.stream == row.stream and one.id > row.event]
        was = world.memory.rows_before.get(row.id)
        sent_now = row.state == "sent" and was and was.state == "waiting"
        known = world.memory.before.events.keys() & later
        assert not (sent_now and known), f"{row} was sent after {known}"
        assert later or not (row.state == "discarded" and "Booked was" in row.error), f"{row}"


def one_delivery_each(world: World, ledger: Ledger) -> None:
    """A fanned-out event has a delivery for each active subscription of its type, and no other."""
    pairs = [(row.event, row.subscription) for row in ledger.rows]
    found = set(pairs)
    assert len(pairs) == len(found), "two deliveries"
    if world.backfill is not None:
        given = {pk for pk, one in ledger.subscriptions.items() if one.toy == "newcomer"}
        world.memory.expected |= {pair for pair in found if pair[1] in given}
    assert found == world.memory.expected, f"missing, or too many: {found ^ world.memory.expected}"


def done_with_its_effect(world: World, ledger: Ledger) -> None:
    """As many effects as a delivery was done: one, unless somebody had it delivered again."""
    effects = Counter(ledger.effects)
    for row in ledger.rows:
        count = effects.pop(ledger.effect(row), 0)
        expected = world.memory.times_done(row)
        assert count == expected, f"{ledger.effect(row)}: {count} effects, done {expected} times"
    assert not effects, f"effects of nothing: {effects}"


def events_with_their_cause(world: World, ledger: Ledger) -> None:
    """What a handler states is there as often as the handler was done."""
    stated = sum(event.type == "Booked" for event in ledger.events.values())
    booked = [row for row in ledger.rows if ledger.subscriptions[row.subscription].toy == "book"]
    assert stated == sum(map(world.memory.times_done, booked))


def in_somebodys_hands(world: World, ledger: Ledger) -> None:
    """What is begun is in the hands of a worker, or of one that died."""
    hands = set(world.memory.abandoned)
    for worker, batch in world.frozen:
        hands.update(worker.hands(batch))
    for row in ledger.rows:
        if row.state in ("running", "sending"):
            assert (row.id, row.token) in hands, f"{row} is left in nobody's hands"


def calls_accounted_for(world: World, ledger: Ledger) -> None:
    """The other side was called for all that is done; a second time only in doubt."""
    for row in ledger.rows:
        toy = ledger.subscriptions[row.subscription].toy
        if toy in ("ship", "mail"):
            number = ledger.events[row.event].number
            keys = world.toys.keys.get((toy, number), [])
            done = world.memory.times_done(row)
            assert len(set(keys)) <= 1, f"{toy} {number} has several keys"
            assert bool(keys) >= bool(done), f"{toy} {number} is done without its effect"
            if toy == "mail":
                doubts = world.memory.times_ambiguous(row) + world.toys.unrecorded[number]
                now = row.state == "sending"
                assert len(keys) <= done + doubts + now, f"{number}: {len(keys)} mails, {row}"
    every = [keys[0] for keys in world.toys.keys.values()]
    assert len(set(every)) == len(every), "two effects have one key"


def suspects_without_company(world: World, ledger: Ledger) -> None:
    """What failed together with others, or killed its worker, is sent in a message of its own."""
    alone = {(row.id, row.token) for row in ledger.rows if row.alone and row.state == "sent"}
    for batch in world.broker:
        assert len(batch.tickets) == 1 or alone.isdisjoint(batch.tickets), f"{batch} has company"


def dead_for_a_reason(world: World, ledger: Ledger) -> None:
    """Poison, the last try, a second doubt, a third crash, or an effect that was not recorded."""
    for row in ledger.rows:
        if row.state == "dead":
            event, toy = ledger.events[row.event], ledger.subscriptions[row.subscription].toy
            out_of_tries = (
                row.attempts - row.uncounted >= RETRY.times
                or row.ambiguous >= 2
                or row.crashes >= 3
            )
            unrecorded = toy in ("ship", "mail") and world.toys.unrecorded[event.number]
            assert out_of_tries or unrecorded or event.poison == toy, f"{row} is dead for nothing"
