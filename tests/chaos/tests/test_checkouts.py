"""Checkouts while Redis alone is away: which count, and what is said of them."""

from pathlib import Path

import pytest

from tests.chaos.buyers import Purchase
from tests.chaos.checker import checkouts
from tests.chaos.checker.evidence import Evidence
from tests.support.books import Books

AWAY = (100.0, 200.0)


def evidence(*purchases: Purchase) -> Evidence:
    return Evidence(
        books=Books(path=Path("nowhere")), documents=Path("nowhere"), purchases=list(purchases),
        mails=[], shipped=[], logs=[], surprises=[], sampled=[], redis_away=[AWAY],
    )  # fmt: skip


def purchase(*tries: checkouts.Try) -> Purchase:
    return Purchase(key="K", body={}, tries=list(tries))


def violations(found: Evidence) -> list[str]:
    return [str(one) for one in checkouts.checkouts_need_no_redis(found)]


@pytest.mark.parametrize("said", ["500", "503", "ReadTimeout", "409"])
def test_checkout_not_answered_2xx_without_redis_is_a_violation(said: str) -> None:
    found = evidence(purchase((150.0, 0.1, said), (151.0, 0.1, "201")))

    assert violations(found) == [f"{checkouts.ANSWERED}: K was told {said} after 0.1 s"]
    assert checkouts.remark(found).endswith(": 2, slowest 100 ms, errors 1")


def test_requests_before_and_after_do_not_count() -> None:
    found = evidence(purchase((99.0, 9.0, "500"), (201.0, 9.0, "500")))

    assert violations(found) == []
    assert checkouts.remark(found) == ""


def test_cancellation_is_no_checkout() -> None:
    found = evidence(purchase((150.0, 0.1, "201"), (151.0, 5.0, "500")))

    assert violations(found) == []
    assert checkouts.remark(found).endswith(": 1, slowest 100 ms, errors 0")


@pytest.mark.parametrize(("slow", "violated"), [(1, False), (2, True)])
def test_one_in_a_hundred_may_be_slow(slow: int, violated: bool) -> None:
    quick = [purchase((150.0, 0.1, "201"))] * (100 - slow)

    found = evidence(*quick, *[purchase((150.0, 0.9, "201"))] * slow)

    p99 = 900 if violated else 100
    assert checkouts.remark(found).endswith(f": 100, p99 {p99} ms, errors 0")
    said = f"{checkouts.FAST}: 100 checkouts took 900 ms at the p99"
    assert violations(found) == ([said] if violated else [])


@pytest.mark.parametrize(("took", "violated"), [(0.9, False), (1.2, True)])
def test_no_slow_checkout_is_accepted_among_few(took: float, violated: bool) -> None:
    found = evidence(*[purchase((150.0, took, "201"))] * 99)

    said = f"{checkouts.SLOW}: 99 checkouts the slowest took {took:.1f} s"
    assert violations(found) == ([said] if violated else [])
    assert checkouts.remark(found).endswith(f": 99, slowest {1000 * took:.0f} ms, errors 0")
