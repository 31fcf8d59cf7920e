"""All tests, on every database that this machine has: what `make test` runs."""

import os
import signal
import subprocess
import sys

from tests.support.machine import parts
from tests.support.servers import postgres


def main() -> int:
    """Run them; 0 if all passed, and in CI only if nothing was left out either."""
    in_ci = os.environ.get("CI", "").lower() in {"1", "true"}
    missing = [part for part in parts() if part.missing]
    os.environ.pop("DATABASE_URL", None)
    failed = _run("SQLite") != 0
    if not any(part.marker == "postgres" for part in missing):
        with postgres() as url:
            failed |= _run("PostgreSQL", DATABASE_URL=url) != 0
    for part in missing:
        print(f"Left out: the tests that need {part}.", flush=True)
    if missing and in_ci:
        print("In CI nothing may be left out: install the packages named above.", flush=True)
    return int(failed or (in_ci and bool(missing)))


def _run(database: str, **environment: str) -> int:
    print(f"\n=== The tests on {database} ===", flush=True)
    # Three at once, since those that start processes wait for them half of the time; those first.
    command = [sys.executable, "-m", "pytest", "-n", "3", "--dist", "loadfile"]
    command += ["--no-loadscope-reorder", *sys.argv[1:]]
    return subprocess.run(command, env={**os.environ, **environment}, check=False).returncode


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Stopped."))  # PostgreSQL stops as well
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit("Stopped.")
