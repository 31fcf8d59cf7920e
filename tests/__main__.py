"""The tests in three runs: those that start no shop, those that do, and those in a browser.

Each on every database that this machine has.
"""

import argparse
import os
import signal
import subprocess
import sys

import pytest

from tests.support.machine import parts
from tests.support.servers import postgres

RUNS = {"": "not live and not browser", "live": "live and not browser", "browser": "browser"}
"""Which marked tests a run has."""


def main() -> int:
    """Run them; 0 if all passed, and in CI only if nothing was left out either."""
    parser = argparse.ArgumentParser(prog="python -m tests", description=__doc__)
    parser.add_argument("--run", choices=list(RUNS), default="", help="instead of the first")
    options, further = parser.parse_known_args()
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    missing = [
        part
        for part in parts()
        if part.missing and (options.run == "browser" or part.marker != "browser")
    ]
    chosen = ["-m", RUNS[options.run], *further]
    os.environ.pop("DATABASE_URL", None)
    codes = [_run("SQLite", chosen)]
    if not any(part.marker == "postgres" for part in missing):
        with postgres() as url:
            codes.append(_run("PostgreSQL", chosen, DATABASE_URL=url))
    for part in missing:
        print(f"Left out: the tests that need {part}.", flush=True)
    if not options.run:
        print("Left out: what make test-live and make test-browser run.", flush=True)
    if missing and in_ci:
        print("In CI nothing may be left out: install the packages named above.", flush=True)
    # With ARGS one database may have none of the tests.
    none = pytest.ExitCode.NO_TESTS_COLLECTED
    passed = set(codes) <= {0, none} and set(codes) != {none}
    return int(not passed or (in_ci and bool(missing)))


def _run(database: str, arguments: list[str], **environment: str) -> int:
    print(f"\n=== The tests on {database} ===", flush=True)
    # Three at once, since those that start processes wait for them half of the time; those first.
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile"]
    command += ["--no-loadscope-reorder", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # PostgreSQL stops as well
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
