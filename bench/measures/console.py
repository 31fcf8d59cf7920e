"""What a page of the operator's console costs, however many deliveries the ledger has."""

import json
import subprocess
import sys

from bench.bars import Bar
from bench.measures.result import Result, Say, Size, Table
from bench.site import ROOT, Site
from bench.statements import CONSOLE_FAILED, CONSOLE_OPEN, CONSOLE_PACE, CONSOLE_PAST

MOST_CPU = 30
"""Milliseconds of CPU of the web process for one page."""

LONGEST = 2_000
"""Milliseconds for one page, with the database."""

OPEN = 20_000
"""Deliveries that are not finished."""

AT_ONCE = 200_000
PER_STREAM = 5


def measure(site: Site, size: Size, say: Say) -> Result:
    """Load each page on ledgers of the sizes of `size.history`."""
    result = Result()
    site.new_database("console")
    env = site.environment("console")
    books = site.books("console")
    books.change(CONSOLE_PACE)
    rows = [["", "deliveries", "CPU ms", "CPU ms of the database", "ms"]]
    streams = 0
    for deliveries in size.history:
        say(f"console: {deliveries:,} deliveries")
        with books.connect() as connection:
            connection.execute("SET session_replication_role = replica")
            while streams < deliveries // PER_STREAM:
                more = min(AT_ONCE, deliveries // PER_STREAM - streams)
                connection.execute(CONSOLE_PAST, [streams + 1, streams + more])
                streams += more
            connection.execute(CONSOLE_OPEN, [OPEN])
            connection.execute("TRUNCATE bus_failedattempt")
            connection.execute(CONSOLE_FAILED)
            connection.execute("VACUUM ANALYZE")
        command = [sys.executable, "-m", "bench.console_pages", str(size.loads)]
        done = subprocess.run(
            command, env=env, cwd=ROOT, capture_output=True, text=True, timeout=900, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr[-2000:])
        for name, (own, database, took) in json.loads(done.stdout.splitlines()[-1]).items():
            place = f"console, {name}, {deliveries:,} deliveries"
            result.bars += [
                Bar(f"{place}, CPU", own, MOST_CPU, " ms"),
                Bar(f"{place}, in all", took, LONGEST, " ms"),
            ]
            figures = (f"{own:.0f}", f"{database:.0f}", f"{took:.0f}")
            rows.append([name, f"{deliveries:,}", *figures])
    result.tables = [Table("The operator's console", rows, f"Of {size.loads} loads each.")]
    result.figures = {"console": rows}
    return result
