"""How long a customer waits: beside the bare insert, and while something else is ill."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from bench.bars import Bar, percentile, ratio
from bench.contenders import BARE, INLINE, SHOP, Contender
from bench.load import Answers, closed_loop, open_loop
from bench.measures.result import Result, Say, Size, Table
from bench.site import Site
from tests.chaos.datastores import wait_until

CUSTOMERS = 2
RATE = 5.0
"""Orders a second of the open loop."""
SLOW_SHARE = 0.2
TIMES_BARE = {"p50": 1.3, "p99": 1.4}
TIMES_HEALTHY = 1.25
DIRECT = {"p50": 0.2, "p95": 0.5}
"""Seconds from the answer to the last of the five reactions to `OrderPlaced`."""

Latencies = dict[str, list[float]]
Condition = Callable[[Site], AbstractContextManager[None]]


def beside_bare(contenders: dict[str, Contender], size: Size, say: Say) -> Result:
    """The shop's web server and the bare one in turn, both by themselves.

    Relay and workers are frozen meanwhile: with two cores their work would be told as latency
    here, and as CPU in the table above too.
    """
    times: dict[str, Latencies] = defaultdict(lambda: defaultdict(list))
    blocks = 4 * size.repetitions
    for block in range(blocks):
        say(f"checkout beside the bare insert, {block + 1} of {blocks}")
        for name in (BARE.name, SHOP.name):
            contender = contenders[name]
            with contender.awake("web"):
                answers = closed_loop(contender.port, size.orders, CUSTOMERS, seed=block)
            contender.orders += len(answers.took)
            for key, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99)):
                times[name][key].append(percentile(answers.took, share))
    say("what follows from these orders")
    with contenders[SHOP.name].awake():
        contenders[SHOP.name].wait_until_settled()
    bare, shop = times[BARE.name], times[SHOP.name]
    bars = [
        Bar(f"checkout {key}, (d) shop / (a) bare", ratio(shop[key], bare[key]), limit, " x")
        for key, limit in TIMES_BARE.items()
    ]
    return Result(bars=bars, figures={"checkout": times})


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
    """Nobody listens where mails go."""
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
        wait_until(lambda: site.redis.client().ping(), 10, "Redis answers")


WELL, NO_REDIS, SLOW_MAIL, NO_MAIL = (
    "all is well", "Redis is down", "a fifth of mails is 2 s late", "mail is down",
)  # fmt: skip
CONDITIONS: dict[str, Condition] = {
    WELL: lambda _site: nullcontext(),
    NO_REDIS: no_redis,
    SLOW_MAIL: slow_mail,
    NO_MAIL: no_mail,
}
OF_INLINE = (WELL, SLOW_MAIL, NO_MAIL)
"""The in-line monolith has no Redis to lose."""
SETTLED_AFTER = (WELL, NO_REDIS)
"""Mails that were not taken are tried again after a minute, which nobody waits for here."""


def while_ill(contenders: dict[str, Contender], site: Site, size: Size, say: Say) -> Result:
    """Orders at a steady rate with everything on, each condition in turn."""
    shop, inline = contenders[SHOP.name], contenders[INLINE.name]
    times: dict[str, dict[str, Answers]] = {SHOP.name: {}, INLINE.name: {}}
    reactions: list[tuple[float, float]] = []
    for name, condition in CONDITIONS.items():
        for contender in (shop, inline):
            if contender is inline and name not in OF_INLINE:
                continue
            say(f"checkout of {contender.kind.name} while {name}")
            with contender.awake():
                with condition(site):
                    answers = open_loop(contender.port, RATE, size.seconds)
                contender.orders += len(answers.took)
                if contender is shop and name in SETTLED_AFTER:
                    shop.wait_until_settled()
            times[contender.kind.name][name] = answers
            if contender is shop and name == WELL:
                reactions = _reactions(shop, answers)
    return Result(
        bars=[*_ill_bars(times[SHOP.name]), *_reaction_bars(reactions)],
        tables=[_table(times)],
        figures={
            "while ill": {
                kind: {name: {"took": a.took, "errors": a.errors} for name, a in of.items()}
                for kind, of in times.items()
            },
            "reactions": reactions,
        },
    )


def _ill_bars(times: dict[str, Answers]) -> list[Bar]:
    well = times[WELL].took
    bars = []
    for name, answers in times.items():
        if name == WELL:
            continue
        for key, share in (("p50", 0.5), ("p99", 0.99)):
            times_well = percentile(answers.took, share) / percentile(well, share)
            bars.append(Bar(f"checkout {key} while {name}", times_well, TIMES_HEALTHY, " x"))
        bars.append(Bar(f"checkout errors while {name}", answers.errors, 0))
    return bars


DIRECT_DONE = """
    WITH done AS (
        SELECT stream, event_id, pg_xact_commit_timestamp(xmin) AS at
        FROM bus_delivery WHERE stream = ANY(%s) AND state = 'done')
    SELECT done.stream, extract(epoch FROM max(at) FILTER (WHERE e.type = 'OrderPlaced')),
           extract(epoch FROM max(at))
    FROM done JOIN bus_event e ON e.id = event_id GROUP BY done.stream"""
"""By the commits that closed them: `closed_at` of a lone delivery is before its handler."""


def _reactions(shop: Contender, answers: Answers) -> list[tuple[float, float]]:
    """For each order: seconds from its answer to its five reactions, and to all that follows."""
    rows = shop.books.rows(DIRECT_DONE, list(answers.numbers))
    return [
        (float(five) - answers.numbers[number], float(last) - answers.numbers[number])
        for number, five, last in rows
    ]


def _reaction_bars(reactions: list[tuple[float, float]]) -> list[Bar]:
    five = [1000 * one for one, _last in reactions]
    shares = {"p50": 0.5, "p95": 0.95}
    return [
        Bar(f"five reactions done, {key}", percentile(five, shares[key]), 1000 * limit, " ms")
        for key, limit in DIRECT.items()
    ]


def _table(times: dict[str, dict[str, Answers]]) -> Table:
    rows = [["", "while", "p50 ms", "p95 ms", "p99 ms", "slowest ms", "errors"]]
    for kind, of in times.items():
        for name, answers in of.items():
            shares = [1000 * percentile(answers.took, share) for share in (0.5, 0.95, 0.99, 1.0)]
            rows.append([kind, name, *(f"{one:.0f}" for one in shares), str(answers.errors)])
    return Table("Checkout while something is ill", rows, f"{RATE:g} orders a second.")
