"""How long a customer waits: beside the bare insert, and while something else is ill."""

import math
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from bench.bars import OTHER_LOAD, Bar, percentile, ratio
from bench.contenders import BARE, INLINE, SHOP, Contender
from bench.load import Answers, closed_loop, open_loop, together
from bench.machine import between
from bench.measures.result import Result, Say, Size, Table
from bench.site import Site

CUSTOMERS = 2
RATE = 5.0
"""Orders a second of the open loop."""
SLOW_SHARE = 0.2
TIMES_BARE = {"p50": 1.3, "p99": 1.4}
TIMES_HEALTHY = 1.25
DIRECT = {"p50": 0.2, "p95": 0.5}
"""Seconds from the answer to the last handler to `OrderPlaced`."""

Latencies = dict[str, list[float]]
Condition = Callable[[Site], AbstractContextManager[None]]


def beside_bare(contenders: dict[str, Contender], size: Size, say: Say) -> Result:
    """The shop's web server and the bare one in turn, both by themselves.

    Relay and workers are frozen meanwhile: with two cores their work would be told as latency
    here, and as CPU in the end-to-end table too.
    """
    times: dict[str, Latencies] = defaultdict(lambda: defaultdict(list))
    blocks = 4 * size.repetitions
    failed = unusable = 0
    for block in range(blocks):
        say(f"checkout beside the bare insert, {block + 1} of {blocks}")
        both, usable = {}, True
        for name in (BARE.name, SHOP.name):
            contender = contenders[name]
            with contender.awake("web"):
                meter = contender.meter()
                before = meter.read()
                answers = closed_loop(contender.port, size.orders, CUSTOMERS, seed=block)
                used = between(before, meter.read())
            contender.orders += len(answers.took)
            failed += answers.errors
            both[name] = answers.took
            usable = usable and used.usable
        if not usable:
            unusable += 1
            continue
        for name, took in both.items():
            for key, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                times[name][key].append(percentile(took, share))
    say("what follows from these orders")
    with contenders[SHOP.name].awake():
        contenders[SHOP.name].wait_until_settled()
    bare, shop = times[BARE.name], times[SHOP.name]
    note = "" if shop else OTHER_LOAD
    bars = [
        Bar(
            f"checkout {key}, (d) shop / (a) bare", ratio(shop[key], bare[key]), limit, " x",
            note=note,
        )
        for key, limit in TIMES_BARE.items()
    ]  # fmt: skip
    bars.append(Bar("checkout errors beside the bare insert", failed, 0))
    rows = [["", "p50 ms", "p95 ms", "p99 ms"]]
    rows += [[name, *(_middle(of[key]) for key in of)] for name, of in times.items()]
    table = Table(
        "Checkout beside the bare insert", rows,
        f"{CUSTOMERS} customers; the web servers alone, relay and workers stopped. Medians.",
    )  # fmt: skip
    return Result(bars, [table], {"checkout": times}, unusable)


def _middle(seconds: list[float]) -> str:
    return f"{1000 * statistics.median(seconds):.1f}" if seconds else "-"


@contextmanager
def healthy(_site: Site) -> Iterator[None]:
    """Nothing is ill."""
    yield


@contextmanager
def slow_mail(site: Site) -> Iterator[None]:
    """Every fifth mail is answered two seconds late."""
    site.stubs.stall(SLOW_SHARE)
    try:
        yield
    finally:
        site.stubs.recover()


@contextmanager
def no_mail(site: Site) -> Iterator[None]:
    """No server listens where mails go."""
    site.stubs.hang_up()
    try:
        yield
    finally:
        site.stubs.recover()


@contextmanager
def no_redis(site: Site) -> Iterator[None]:
    """Redis is gone, and comes back with what it held."""
    site.redis.kill(hold=True)
    try:
        yield
    finally:
        site.redis.open()


WELL, NO_REDIS, SLOW_MAIL, NO_MAIL = (
    "all is well", "Redis is down", "a fifth of mails is 2 s late", "mail is down",
)  # fmt: skip
ILL: dict[str, Condition] = {NO_REDIS: no_redis, SLOW_MAIL: slow_mail, NO_MAIL: no_mail}
OF_INLINE = (SLOW_MAIL, NO_MAIL)
"""The in-line monolith has no Redis to lose."""
SETTLED_AFTER = (NO_REDIS, SLOW_MAIL)
"""Mails that were not taken are tried again after a minute, which is not waited for here."""


def while_ill(contenders: dict[str, Contender], site: Site, size: Size, say: Say) -> Result:
    """Orders at a steady rate with everything on; of the shop each illness in turn with health."""
    shop, inline = contenders[SHOP.name], contenders[INLINE.name]
    times: dict[str, dict[str, list[Answers]]] = {
        kind: defaultdict(list) for kind in (SHOP.name, INLINE.name)
    }
    handlers: list[tuple[float, float]] = []
    for name, condition in ILL.items():
        for turn in range(size.repetitions):
            say(f"checkout of shop while {name}, {turn + 1} of {size.repetitions}")
            # Once mails have been refused, there is no health to be had for a minute.
            order = [(WELL, healthy)] * (name in SETTLED_AFTER) + [(name, condition)]
            for what, of in order if turn % 2 == 0 else reversed(order):
                answers = _orders(shop, site, size, of, settle=name in SETTLED_AFTER)
                times[SHOP.name][what].append(answers)
                if what == WELL and answers.usable:
                    handlers += _handlers(shop, answers)
    for name in (WELL, *OF_INLINE):
        for turn in range(size.repetitions):
            say(f"checkout of in-line while {name}, {turn + 1} of {size.repetitions}")
            answers = _orders(inline, site, size, ILL.get(name, healthy), settle=False)
            times[INLINE.name][name].append(answers)
    pooled = {
        kind: {name: together(answers) for name, answers in of.items()}
        for kind, of in times.items()
    }
    ill = pooled[SHOP.name]
    return Result(
        bars=[
            *(bar for name in ILL for bar in _ill_bars(name, ill[name], ill[WELL])),
            *_handler_bars(handlers),
        ],
        tables=[_table(pooled)],
        figures={
            "while ill": {
                kind: {name: {"took": a.took, "errors": a.errors} for name, a in of.items()}
                for kind, of in pooled.items()
            },
            "handlers": handlers,
        },
        unusable=sum(
            not one.usable for of in times.values() for answers in of.values() for one in answers
        ),
    )


def _orders(
    contender: Contender, site: Site, size: Size, condition: Condition, *, settle: bool
) -> Answers:
    """What customers were answered; nothing has to be caught up with before."""
    with contender.awake():
        with condition(site):
            meter = contender.meter()
            before = meter.read()
            answers = open_loop(contender.port, RATE, size.seconds / size.repetitions)
            answers.usable = between(before, meter.read()).usable
        contender.orders += len(answers.took)
        if settle:
            contender.wait_until_settled()
    return answers


def _ill_bars(name: str, ill: Answers, well: Answers) -> list[Bar]:
    """An error is one, whatever else the machine did; how long it took, only if that was little."""
    bars = []
    note = "" if ill.usable and well.usable else OTHER_LOAD
    for key, share in (("p50", 0.5), ("p99", 0.99)):
        times_well = percentile(ill.took, share) / percentile(well.took, share)
        what = f"checkout {key} while {name}"
        bars.append(Bar(what, times_well, TIMES_HEALTHY, " x", note=note))
    return [*bars, Bar(f"checkout errors while {name}", ill.errors + well.errors, 0)]


DIRECT_DONE = """
    WITH done AS (
        SELECT stream, event_id, pg_xact_commit_timestamp(xmin) AS seen
        FROM bus_delivery WHERE stream = ANY(%s) AND state = 'done')
    SELECT done.stream, extract(epoch FROM max(seen) FILTER (WHERE e.type = 'OrderPlaced')),
           extract(epoch FROM max(seen))
    FROM done JOIN bus_event e ON e.id = event_id GROUP BY done.stream"""
"""By the commits that closed them: `closed_at` of a lone delivery is before its handler."""


def _handlers(shop: Contender, answers: Answers) -> list[tuple[float, float]]:
    """For each order: seconds from its answer to what reacts to `OrderPlaced`, and to the rest."""
    rows = shop.books.rows(DIRECT_DONE, list(answers.numbers))
    if len(rows) != len(answers.numbers):
        raise RuntimeError(f"Of {len(answers.numbers)} orders only {len(rows)} had handlers.")
    return [
        (float(direct) - answers.numbers[number], float(last) - answers.numbers[number])
        for number, direct, last in rows
    ]


def _handler_bars(handlers: list[tuple[float, float]]) -> list[Bar]:
    direct = [1000 * one for one, _last in handlers]
    shares = {"p50": 0.5, "p95": 0.95}
    note = "" if direct else OTHER_LOAD
    return [
        Bar(
            f"handlers to OrderPlaced done, {key}", percentile(direct, shares[key]),
            1000 * limit, " ms", note=note,
        )
        for key, limit in DIRECT.items()
    ]  # fmt: skip


def _table(times: dict[str, dict[str, Answers]]) -> Table:
    rows = [["", "while", "p50 ms", "p95 ms", "p99 ms", "slowest ms", "errors"]]
    for kind, of in times.items():
        for name, answers in of.items():
            shares = [1000 * percentile(answers.took, share) for share in (0.5, 0.95, 0.99, 1.0)]
            shown = ["-" if math.isnan(one) else f"{one:.0f}" for one in shares]
            rows.append([kind, name, *shown, str(answers.errors)])
    return Table("Checkout while something is ill", rows, f"{RATE:g} orders a second.")
