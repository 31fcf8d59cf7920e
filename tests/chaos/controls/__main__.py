"""The negative controls: what `make chaos-controls` runs."""

import argparse
import signal
import sys
import time
from collections import Counter

from rich.table import Table

from tests.chaos import report
from tests.chaos.checker import Verdict
from tests.chaos.controls.catalogue import CONTROLS
from tests.chaos.controls.control import Control


def main() -> int:
    """Run them one after the other; 0 if each was caught, 1 if one was not."""
    chosen = _chosen()
    table = Table("control", "what was broken", "faults", "caught by", "seconds", box=None)
    table.columns[-1].justify = "right"
    caught = 0
    for control in chosen:
        began = time.monotonic()
        say = report.progress(began)
        say(f"{control.name}: {control.broken}")
        verdict = control.run(control, say)
        by = control.caught_by(verdict)
        caught += bool(by)
        say(f"{control.name}: {verdict}")
        names = ", ".join(dict.fromkeys(fault.name for fault in control.faults))
        seconds = f"{time.monotonic() - began:.0f}"
        table.add_row(control.name, control.broken, names, _found(by, verdict), seconds)
    report.console().print(table)
    print(f"controls: {caught} of {len(chosen)} caught", flush=True)
    return 0 if caught == len(chosen) else 1


def _found(by: Counter[str], verdict: Verdict) -> str:
    if not by:
        others = sorted({violation.promise for violation in verdict.all})
        return f"NOT CAUGHT; other violations: {'; '.join(others) or 'none'}"
    return "; ".join(f"{promise}: {times}" for promise, times in by.items())


def _chosen() -> list[Control]:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.controls", description=__doc__)
    parser.add_argument("--only", choices=[one.name for one in CONTROLS], help="this one alone")
    only = parser.parse_args().only
    return [one for one in CONTROLS if only in (None, one.name)]


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # and all that it started
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
