"""Whether CPU time is told apart, that of processes that have ended included."""

import subprocess
import sys

from bench.machine import Meter, between

BURN = "import time\nend = time.process_time() + {0}\nwhile time.process_time() < end: pass"
PARENT = f"""
import subprocess, sys
sys.stdin.readline()
subprocess.run([sys.executable, "-c", {BURN.format(0.3)!r}])
print("done", flush=True)
sys.stdin.readline()
"""


def test_cpu_of_an_ended_child_counts() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdin
    assert parent.stdout
    meter = Meter(mine=[parent.pid], none=[])
    before = meter.read()

    parent.stdin.write("go\n")
    parent.stdin.flush()
    parent.stdout.readline()
    used = between(before, meter.read())
    parent.communicate("end\n")

    assert 0.3 <= used.trees["mine"] < 3
    assert used.trees["none"] == 0
