"""What a campaign leaves in logs, and which of its own bounds it kept."""

from collections.abc import Iterator
from datetime import UTC, datetime
from operator import itemgetter

from tests.chaos.buyers import DOMAIN, FAMILY
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

PRIVACY = "no person's name or address in a log, Redis, Flower or a traceback"
EXITS = "no process of the shop ends by itself"
BOUNDS = "stock is never oversold, and Redis and Flower name no person, at any sample"
STOLEN = "a message that is lost in silence is done within its lease and ten seconds"
LEASE = 120
"""Seconds that a sent delivery has to start."""
TEN = 10


def no_person_is_named(evidence: Evidence) -> Iterator[Violation]:
    marks = (FAMILY, DOMAIN)
    for log in evidence.logs:
        with log.open(errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                if any(mark in line for mark in marks):
                    yield Violation(PRIVACY, f"{log.name}:{number}", "names a customer")
    for rows in evidence.deliveries.values():
        for row in rows:
            if any(mark in row.error for mark in marks):
                yield Violation(PRIVACY, f"delivery {row.id}", "names a customer in its traceback")


def no_process_ended_by_itself(evidence: Evidence) -> Iterator[Violation]:
    for surprise in evidence.surprises:
        yield Violation(EXITS, "a process", surprise)


def always_in_bounds(evidence: Evidence) -> Iterator[Violation]:
    for what in dict.fromkeys(evidence.sampled):
        yield Violation(BOUNDS, "a sample", what)


def stolen_messages_came_back(evidence: Evidence) -> Iterator[Violation]:
    rows = {row.id: row for several in evidence.deliveries.values() for row in several}
    # Stolen once more after it had come again, its time begins anew.
    for pk, at in dict(sorted(evidence.stolen, key=itemgetter(1))).items():
        row = rows.get(pk)
        if row is None or row.state != "done" or row.attempts > 1 or evidence.repeated:
            continue
        closed_at = _instant(row.closed_at)
        took = closed_at - at - _hurt(evidence, at + LEASE, closed_at)
        if took > LEASE + TEN:
            yield Violation(STOLEN, f"delivery {pk}", f"took {took:.0f} s")


def _hurt(evidence: Evidence, since: float, until: float) -> float:
    """Seconds in which something was wrong just when a lost message could have come again.

    A second in which two faults were on is one second.
    """
    hurt, counted_to = 0.0, since
    for began, ended in sorted(evidence.faults):
        began, ended = max(began, counted_to), min(ended, until)
        if ended > began:
            hurt, counted_to = hurt + ended - began, ended
    return hurt


def _instant(text: str) -> float:
    at = datetime.fromisoformat(text)
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
