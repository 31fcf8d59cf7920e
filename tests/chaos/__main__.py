"""The campaign: what `make chaos SEED=1 MINUTES=5` runs."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from math import inf
from pathlib import Path

from tests.chaos import report
from tests.chaos.brokers import BROKERS
from tests.chaos.campaign import Campaign, Plan
from tests.chaos.faults import Fault, known
from tests.chaos.history import History

HISTORIES = Path(__file__).parents[2] / "var" / "chaos"


def main() -> int:
    """Run one campaign; 0 if every promise was kept, 1 if not, 2 for a wrong call."""
    # Wires, providers and customers are threads of this process. With Python's 5 ms each may wait
    # so long for the next, at every crossing of a wire, and the shop would look slow for it.
    sys.setswitchinterval(0.0002)
    options = parser().parse_args()
    if options.list:
        _list()
        return 0
    faults = _chosen(options)
    plan = Plan(
        seed=options.seed,
        seconds=options.minutes * 60,
        rate=options.rate,
        database=options.database,
        broker=options.broker,
        faults=faults,
        chosen=bool(options.faults),
        settings=options.settings,
    )
    on = options.database if options.broker == "redis" else f"{options.broker}-{options.database}"
    history = History(HISTORIES / f"{on}-{options.seed}.jsonl")
    history.write(command=" ".join(["make chaos", *map(_setting, vars(options).items())]).strip())
    campaign = Campaign(plan, history, report.progress(time.monotonic()))
    verdict = campaign.run()
    out = report.console()
    out.print(f"history: {history.path}", highlight=False, soft_wrap=True)
    report.show(out, campaign.strikes, verdict)
    return 0 if verdict.kept else 1


def _setting(pair: tuple[str, object]) -> str:
    name, value = pair
    return f"{name.upper()}={value}" if value else ""


def _chosen(options: argparse.Namespace) -> tuple[Fault, ...]:
    faults = known()
    if not options.faults:
        return tuple(_fitting(options.database, options.broker))
    names = options.faults.split(",")
    for name in names:
        if name not in faults:
            sys.exit(f"There is no fault {name!r}; `make chaos-faults` lists them.")
        if why := faults[name].unfit(options.database, options.broker):
            sys.exit(f"{name} {why}")
    return tuple(faults[name] for name in names)


def _fitting(database: str, broker: str) -> Iterator[Fault]:
    """All that the dice may choose from here; says what is left out for want of something."""
    for one in known().values():
        if one.at_random and not one.unfit(database, broker):
            yield one
        elif one.at_random and (why := one.lacks()):
            print(f"left out: {one.name} {why}", flush=True)


def _list() -> None:
    widest = max(map(len, known()))
    for one in sorted(known().values(), key=lambda one: (one.family, one.name)):
        when = "" if one.at_random else "  (by name alone)"
        when += f"  (not here: it {why})" if (why := one.lacks()) else ""
        print(f"{one.family:10} {one.name:{widest}} bar {one.bar:>4g} s  {one.what}{when}")


def _rate(text: str) -> float:
    with suppress(ValueError):
        if 0 < (rate := float(text)) < inf:
            return rate
    raise argparse.ArgumentTypeError(f"{text} orders a second are none; give a number above 0.")


def parser() -> argparse.ArgumentParser:
    """The options of the command line."""
    options = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    options.add_argument("--seed", type=int, default=1, help="Draws the same faults again.")
    options.add_argument("--minutes", type=float, default=5, help="How long faults are drawn for.")
    options.add_argument("--rate", type=_rate, default=5, help="Orders a second.")
    options.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    options.add_argument("--broker", choices=tuple(BROKERS), default="redis")
    options.add_argument("--faults", default="", help="Run these alone, once each.")
    options.add_argument("--settings", default="config.settings", help=argparse.SUPPRESS)
    options.add_argument("--list", action="store_true", help="Show every fault and end.")
    return options


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and all that it started
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
