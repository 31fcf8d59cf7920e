"""Checkouts while Redis alone was away: answered as ever, for the web never talks to Redis."""

from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation
from tests.chaos.purchase import SOLD_OUT, Purchase

ANSWERED = "while only Redis is away every checkout is answered 2xx"
FAST = "while only Redis is away 99 of 100 checkouts are answered within 300 ms"
LONGEST = 0.3
"""Seconds."""
ENOUGH = 100
"""Of fewer the slowest is judged, by a bar of its own: one slow checkout says little of the p99.
`tests.chaos.table` has the p99 of many campaigns."""
SLOWEST = 1.0
SLOW = "while only Redis is away no checkout takes longer than a second"

Try = tuple[float, float, str]


def checkouts_need_no_redis(evidence: Evidence) -> Iterator[Violation]:
    tries = _while_away(evidence)
    for purchase, (_began, took, said) in tries:
        if not _answered(said):
            who = purchase.number or purchase.key
            yield Violation(ANSWERED, who, f"was told {said} after {took:.1f} s")
    if len(tries) >= ENOUGH and (slow := _p99(tries)) > LONGEST:
        yield Violation(FAST, f"{len(tries)} checkouts", f"took {1000 * slow:.0f} ms at the p99")
    elif (longest := max(_seconds(tries), default=0)) > SLOWEST:
        yield Violation(SLOW, f"{len(tries)} checkouts", f"the slowest took {longest:.1f} s")


def remark(evidence: Evidence) -> str:
    """The figures in a line; empty where Redis was never away alone."""
    tries = _while_away(evidence)
    if not tries:
        return ""
    errors = sum(not _answered(said) for _purchase, (_began, _took, said) in tries)
    which, took = "p99", _p99(tries)
    if len(tries) < ENOUGH:
        which, took = "slowest", max(_seconds(tries))
    figures = f"{len(tries)}, {which} {1000 * took:.0f} ms, errors {errors}"
    return f"checkouts while only Redis was away: {figures}"


def seconds(evidence: Evidence) -> list[float]:
    """How long each of them took."""
    return _seconds(_while_away(evidence))


def _while_away(evidence: Evidence) -> list[tuple[Purchase, Try]]:
    return [
        (purchase, one)
        for purchase in evidence.purchases
        for one in _checkouts(purchase)
        if any(began <= one[0] <= ended for began, ended in evidence.redis_away)
    ]


def _checkouts(purchase: Purchase) -> Iterator[Try]:
    """The tries up to the first that was answered; what comes later asks for other things."""
    for one in purchase.tries:
        yield one
        if _answered(one[2]):
            return


def _answered(said: str) -> bool:
    """An order, or the truth about the stock, which the database tells as well."""
    return said.startswith("2") or said == SOLD_OUT


def _seconds(tries: list[tuple[Purchase, Try]]) -> list[float]:
    return [took for _purchase, (_began, took, _said) in tries]


def _p99(tries: list[tuple[Purchase, Try]]) -> float:
    took = sorted(_seconds(tries))
    return took[-(-99 * len(took) // 100) - 1]
