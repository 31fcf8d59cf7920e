"""Failed attempts: insert them with the failure, and bound their number per delivery."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from django.db import connection, transaction

from bus import measurements
from bus.measurements import Figure
from bus.models import OPEN, FailedAttempt
from bus.models.failures import KEY_LENGTH
from bus.store.database import db

FIRST_KEPT, LAST_KEPT = 5, 20
"""Failed attempts kept of a delivery. Trouble of the database uses up no try for a day, which may
be thousands of them; what is between the first and the last ones tells nothing new."""

LONGEST_TEXT = 4000
"""Characters; the delivery itself keeps more of its last error."""

WORKER_LOST = "worker lost"
"""The kind of an attempt whose worker died, or froze past its lease."""

WORKER_LOST_WHILE_SENDING = "worker lost while sending"
"""The same, and the external effect may have happened."""

TRIM = f"""DELETE FROM bus_failedattempt WHERE id IN (
    SELECT id FROM (
        SELECT id,
               ROW_NUMBER() OVER (PARTITION BY delivery_id ORDER BY id) AS from_first,
               ROW_NUMBER() OVER (PARTITION BY delivery_id ORDER BY id DESC) AS from_last
        FROM bus_failedattempt WHERE delivery_id {db.among_ids}) numbered
    WHERE from_first > {FIRST_KEPT} AND from_last > {LAST_KEPT})"""


@dataclass(frozen=True)
class Failure:
    """A failed attempt of a delivery of the subscription `task`."""

    delivery: int
    task: str
    number: int
    kind: str
    text: str
    frame: str = ""
    """Such as `library/loans.py:34 lend`; empty: none of the project's code."""
    worker: str = ""
    lasted: timedelta | None = None

    @property
    def key(self) -> str:
        """The group's key: subscription, kind of error, and place without the line.

        Without the line, which moves with every release.
        """
        file, _, rest = self.frame.rpartition(":")
        function = rest.partition(" ")[2]
        parts = "\0".join((self.task, self.kind, file, function))
        return hashlib.sha256(parts.encode()).hexdigest()[:KEY_LENGTH]


def record(failures: Iterable[Failure]) -> None:
    """Insert failed attempts, in the transaction that records the failures in the ledger."""
    rows = list(failures)
    if not rows:
        return
    FailedAttempt.objects.bulk_create(
        FailedAttempt(
            delivery_id=one.delivery,
            number=one.number,
            worker=one.worker[:200],
            lasted=one.lasted,
            kind=one.kind[:200],
            frame=one.frame[:300],
            text=one.text[-LONGEST_TEXT:],
            failure_key=one.key,
        )
        for one in rows
    )
    with connection.cursor() as cursor:
        cursor.execute(TRIM, [db.array(one.delivery for one in rows)])
    if measurements.are_collected():
        found = Counter((one.task, one.kind) for one in rows)
        failed = [(Figure.FAILED, float(count), labels) for labels, count in found.items()]
        transaction.on_commit(partial(measurements.report, *failed))


# Open ones only: a worker of an earlier release leaves the key with what it finishes.
# Counted by state first, as the index has them. An attempt is found by the index of its group, from
# either end: by bounds, since for an equality PostgreSQL would drop the key from the order, and
# walk the primary key until it meets the group.
GROUPS = """SELECT g.failure_key, g.dead, g.retrying,
       (SELECT f.id FROM bus_failedattempt f
        WHERE f.failure_key >= g.failure_key AND f.failure_key <= g.failure_key
        ORDER BY f.failure_key, f.id LIMIT 1),
       (SELECT f.id FROM bus_failedattempt f
        WHERE f.failure_key >= g.failure_key AND f.failure_key <= g.failure_key
        ORDER BY f.failure_key DESC, f.id DESC LIMIT 1)
    FROM (
        SELECT failure_key, SUM(dead) AS dead, SUM(retrying) AS retrying FROM (
            SELECT failure_key, state, CASE WHEN state = 'dead' THEN COUNT(*) ELSE 0 END AS dead,
                   CASE WHEN state = 'dead' THEN 0 ELSE COUNT(*) END AS retrying
            FROM bus_delivery WHERE failure_key IS NOT NULL AND state IN ({open}) {one}
            GROUP BY failure_key, state) by_state
        GROUP BY failure_key) g
    ORDER BY g.dead DESC, g.failure_key"""
OPEN_STATES = ", ".join(f"'{state}'" for state in OPEN)
ALL_GROUPS = GROUPS.format(open=OPEN_STATES, one="")
ONE_GROUP = GROUPS.format(open=OPEN_STATES, one="AND failure_key = %s")


def groups(key: str = "") -> list[tuple[str, int, int, int, int]]:
    """The groups of open deliveries that have failed, or the one with this key.

    Each with its key, how many are dead, how many are tried again, and the ids of its first and
    last failed attempt; those with most dead ones first.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_GROUP if key else ALL_GROUPS, [key] if key else [])
        return [
            (name, int(dead), int(again), first, last)
            for name, dead, again, first, last in cursor.fetchall()
            if first and last
        ]
