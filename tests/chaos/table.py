"""The page docs/campaigns.md, from the histories of campaigns."""

import json
import re
import statistics
import sys
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERDICT = re.compile(
    r"orders (\d+), deliveries (\d+), faults (\d+), lost (\d+), doubled (\d+), ambiguous (\d+)"
)


HEAD = """# Campaigns

Written by `python -m tests.chaos.table`, never by hand. What a campaign does and asks is told in
[reliability.md](reliability.md). The recovery of faults that struck together is the recovery of all
of them, and stands in the row of each. A bar is judged where a fault struck alone.
"""


def main(paths: list[str]) -> int:
    """Print a row for each campaign, their sum, and a row for each kind of fault."""
    histories = [_read(Path(path)) for path in paths]
    if not histories:
        sys.exit("Name the histories: python -m tests.chaos.table var/chaos/*.jsonl")
    tables = [*_campaigns(histories), "", _checkouts(histories), "", *_faults(histories)]
    for line in [HEAD, *tables]:
        print(line)
    return 0


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_text().splitlines()]
    except (OSError, ValueError) as error:
        sys.exit(f"{path} is no history of a campaign: {error}.")


def _plan(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return next(line for line in lines if "seed" in line)


def _order(lines: list[dict[str, Any]]) -> tuple[str, int]:
    return _plan(lines)["database"], _plan(lines)["seed"]


def _campaigns(histories: list[list[dict[str, Any]]]) -> Iterable[str]:
    yield (
        "| seed | database | date | minutes | orders | deliveries | faults | lost | doubled "
        "| ambiguous | violations |"
    )
    yield f"|{'---|' * 11}"
    sums = [0] * 7
    for lines in sorted(histories, key=_order):
        plan = _plan(lines)
        said = next((line["verdict"] for line in lines if "verdict" in line), "")
        found = VERDICT.search(said)
        if found is None:
            yield f"| {plan['seed']} | {plan['database']} | not finished |"
            continue
        counts = [*map(int, found.groups()), sum("violation" in line for line in lines)]
        sums = [total + count for total, count in zip(sums, counts, strict=True)]
        day = datetime.fromtimestamp(plan["at"], UTC).date()
        shown = [plan["seed"], plan["database"], day, f"{plan['minutes']:g}", *counts]
        yield f"| {' | '.join(map(str, shown))} |"
    yield f"| **all** | | | | {' | '.join(f'**{total:,}**' for total in sums)} |"


def _checkouts(histories: list[list[dict[str, Any]]]) -> str:
    """How fast checkouts were answered while nothing but Redis was away."""
    took = sorted(
        seconds
        for lines in histories
        for line in lines
        for seconds in line.get("checkouts_without_redis", [])
    )
    if not took:
        return "No checkout came while only Redis was away."
    p99 = took[-(-99 * len(took) // 100) - 1]
    return (
        f"Checkouts while only Redis was away: {len(took)}, median "
        f"{1000 * statistics.median(took):.0f} ms, p99 {1000 * p99:.0f} ms, slowest "
        f"{1000 * took[-1]:.0f} ms."
    )


def _faults(histories: list[list[dict[str, Any]]]) -> Iterable[str]:
    kinds: dict[str, list[float | None]] = defaultdict(list)
    for lines in histories:
        for line in lines:
            if "fault" in line:
                kinds[line["fault"]].append(line["recovered_after"])
    yield "| fault | times | median recovery | worst recovery |"
    yield "|---|--:|--:|--:|"
    for name, took in sorted(kinds.items()):
        in_time = [one for one in took if one is not None]
        median = f"{statistics.median(in_time):.1f} s" if in_time else "-"
        worst = "never" if len(in_time) < len(took) else f"{max(in_time):.1f} s"
        yield f"| {name} | {len(took)} | {median} | {worst} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
