"""A supervisor with three tiny processes, for the tests to run as a program of its own.

Arguments: the folder for its files, and what the last process does: serve, crash or deaf.
"""

import signal
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

from config.local.program import Program
from config.local.supervisor import CannotRun, Supervisor
from config.local.terminal import Terminal


def serve(name: str) -> None:
    """Tell when it is asked to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print(f"{name} whispers")
    print(f"{name} serves")
    try:
        time.sleep(60)
    finally:
        print(f"{name} ends")


def deaf(_name: str) -> None:
    """Never end by itself, and have a child that does not either."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    subprocess.Popen(
        [sys.executable, "-c", "import time; print('grandchild', flush=True); time.sleep(60)"]
    )
    print("deaf serves")
    time.sleep(60)


def crash(_name: str) -> None:
    raise SystemExit("the moon is in the wrong phase")


def main(folder: str, kind: str) -> None:
    last = {"serve": serve, "deaf": deaf, "crash": crash}[kind]
    patience = timedelta(seconds=1 if kind == "deaf" else 10)
    programs = [
        Program("front", partial(serve, "front"), 0, timedelta(seconds=10), hides="whispers"),
        Program("back", partial(serve, "back"), 1, timedelta(seconds=10)),
        Program("last", partial(last, "last"), 2, patience),
    ]
    supervisor = Supervisor(Path(folder), Terminal([program.name for program in programs]))
    try:
        for program in programs:
            supervisor.start(program)
        if supervisor.wait_until_ready():
            print("ready", flush=True)
            supervisor.run()
    except CannotRun as error:
        sys.exit(str(error))
    finally:
        supervisor.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
