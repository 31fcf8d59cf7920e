"""`make bench`: what the shop costs beside its rivals, and whether every bar holds."""

import argparse
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from bench import report
from bench.contenders import BARE, INLINE, NAIVE_CELERY, SHOP, Contender, Kind
from bench.measures import bus, checkout, console, end_to_end, pace, pages, work
from bench.measures.result import FULL, QUICK, Result, Say, Size
from bench.site import ROOT, Site

PARTS = ("shops", "bus", "pace", "pages", "console", "work")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "--quick",
        action="store_true",
        help="a look in under three minutes; all of it takes about twenty",
    )
    parser.add_argument("--part", choices=PARTS, help="this part alone")
    parser.add_argument(
        "--deliveries",
        type=int,
        help="the length of the ledger for the parts bus and console, in place of their own ones",
    )
    parser.add_argument(
        "--folder", type=Path, default=ROOT / "var" / "bench", help="for bench.json and the chart"
    )
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and all that it started
    size = QUICK if options.quick else FULL
    if options.deliveries:
        size = replace(size, history=(options.deliveries,))
    console = Console(width=None if sys.stdout.isatty() else 150)
    began = time.monotonic()

    def say(what: str) -> None:
        console.print(f"{time.monotonic() - began:7.1f} s  {what}", highlight=False)

    results: list[Result] = []
    try:
        results.extend(_measure(size, say, [options.part] if options.part else list(PARTS)))
    finally:
        # After an error or a stop: what was measured before it.
        report.show(console, results)
    report.save(options.folder / "bench.json", results, quick=size.quick)
    for result in results:
        if ill := result.figures.get("while ill"):
            report.draw(options.folder / "ill.svg", ill)
    bars = [bar for bar in report.all_bars(results) if bar.judged]
    held = sum(bar.holds for bar in bars)
    console.print(f"bars: {held} of {len(bars)} hold", highlight=False)
    return 0 if held == len(bars) else 1


def _measure(size: Size, say: Say, parts: list[str]) -> Iterator[Result]:
    say("starting the servers")
    site = Site()
    failed = True
    try:
        site.open()
        kinds = (BARE, INLINE, NAIVE_CELERY, SHOP) if "shops" in parts else (SHOP,)
        if "shops" in parts or "pages" in parts:
            with _contenders(site, say, *kinds) as contenders:
                if "shops" in parts:
                    yield end_to_end.measure(contenders, size, say)
                    yield checkout.beside_bare(contenders, size, say)
                    yield checkout.while_ill(contenders, site, size, say)
                if "pages" in parts:
                    yield pages.measure(contenders[SHOP.name], size, say)
        if "bus" in parts:
            yield bus.measure(site, size, say)
        if "pace" in parts:
            yield pace.measure(site, size, say)
        if "console" in parts:
            yield console.measure(site, size, say)
        if "work" in parts:
            yield work.measure(site, size, say)
        failed = False
    finally:
        if failed:
            say(f"it did not come to its end; the logs are in {site.folder}")
        site.close(keep_logs=failed)


@contextmanager
def _contenders(site: Site, say: Say, *kinds: Kind) -> Iterator[dict[str, Contender]]:
    """Of these kinds, started, each of them frozen until its turn."""
    contenders: dict[str, Contender] = {}
    try:
        for kind in kinds:
            say(f"starting ({kind.letter}) {kind.name}")
            contender = contenders[kind.name] = Contender(kind, site)
            contender.start()
            contender.freeze()
        yield contenders
    finally:
        for contender in contenders.values():
            contender.stop()


if __name__ == "__main__":
    sys.exit(main())
