"""Each broker that the shop supports, under load and faults: what `make test-brokers` runs."""

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.chaos.brokers import BROKERS, FAMILIES
from tests.chaos.table import VERDICT

ROOT = Path(__file__).parents[1]
HISTORIES = ROOT / "var" / "chaos"
SEED = 1

PROCESSES = "kill-worker,crash-relay"
WIRE = "{0}-wire-reset,{0}-wire-dropped,{0}-wire-half-open"
FAULTS = {
    "redis": f"{PROCESSES},redis-killed,redis-flushed,messages-malformed,{WIRE.format('redis')}",
    "rabbitmq": f"{PROCESSES},rabbitmq-killed,rabbitmq-restarted,rabbitmq-frozen,"
    f"rabbitmq-malformed,{WIRE.format('rabbitmq')}",
    "sqs": f"{PROCESSES},sqs-restarted,sqs-frozen,sqs-malformed,{WIRE.format('sqs')}",
    "pubsub": f"{PROCESSES},kill-pool-child,pubsub-killed,pubsub-restarted,pubsub-frozen,"
    f"pubsub-emptied,pubsub-malformed,{WIRE.format('pubsub')}",
    "sentinel": f"{PROCESSES},sentinel-failover,sentinel-failover",
    "none": "kill-worker,kill-pool-child",
}
"""By the family of the broker, in their order."""

QUICK = {
    "redis": "redis-killed",
    "rabbitmq": "rabbitmq-killed",
    "sqs": "sqs-restarted",
    "pubsub": "pubsub-killed",
    "sentinel": "sentinel-failover",
    "none": "kill-pool-child",
}
"""The one that ends the broker, or what comes next to it."""

HEAD = (
    "| broker | orders | deliveries | faults | lost | doubled | ambiguous | violations "
    "| median recovery | worst recovery |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
)


def main() -> int:
    """Run one campaign on each broker, then print a table of them in Markdown; 0 if all passed."""
    options = parser().parse_args()
    brokers = options.brokers.split(",")
    passed = [campaign(broker, options) for broker in brokers]
    print(HEAD)
    for broker in brokers:
        print(row(broker, options.database))
    return 0 if all(passed) else 1


def campaign(broker: str, options: argparse.Namespace) -> bool:
    """One campaign with the faults of the broker's family; whether every promise was kept."""
    print(f"--- {broker}", flush=True)
    command = [sys.executable, "-m", "tests.chaos", "--seed", str(SEED), "--broker", broker]
    command += ["--database", options.database, "--rate", options.rate]
    faults = QUICK if options.quick else FAULTS
    command += ["--faults", options.faults or faults[FAMILIES.get(broker, broker)]]
    return subprocess.run(command, cwd=ROOT, check=False).returncode == 0


def row(broker: str, database: str) -> str:
    """What the campaign's history says."""
    on = database if broker == "redis" else f"{broker}-{database}"
    lines = [json.loads(line) for line in _lines(HISTORIES / f"{on}-{SEED}.jsonl")]
    said = next((line["verdict"] for line in lines if "verdict" in line), "")
    found = VERDICT.search(said)
    if found is None:
        return f"| {broker} | not finished |"
    counts = [*found.groups(), sum("violation" in line for line in lines)]
    took = [line["recovered_after"] for line in lines if "fault" in line]
    return f"| {broker} | {' | '.join(map(str, [*counts, *_recovery(took)]))} |"


def _recovery(took: list[Any]) -> tuple[str, str]:
    in_time = [one for one in took if one is not None]
    if len(in_time) < len(took) or not took:
        return "-", "never"
    return f"{statistics.median(in_time):.1f} s", f"{max(in_time):.1f} s"


def _lines(path: Path) -> Iterator[str]:
    yield from path.read_text().splitlines() if path.exists() else ()


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="python -m tests.brokers", description=__doc__)
    options.add_argument("--brokers", default=",".join(BROKERS), help="these alone, by commas")
    options.add_argument("--faults", default="", help="these in place of the broker's own")
    options.add_argument("--quick", action="store_true", help="one fault for each broker")
    options.add_argument("--database", choices=("postgres", "sqlite"), default="postgres")
    options.add_argument("--rate", default="3", help="orders a second")
    return options


if __name__ == "__main__":
    sys.exit(main())
