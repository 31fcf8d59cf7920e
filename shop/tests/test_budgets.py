"""So many at once, and as many again in each period."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from shop.budgets import Budget, Rate, network_of, read_budgets


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


@pytest.fixture
def budget(settings, clock: list[float]) -> Budget:  # type: ignore[no-untyped-def]  # pytest-django's fixture
    settings.BUDGETS = {"TEA": Rate(3, 60)}
    return Budget("TEA", clock=lambda: clock[0])


def test_budget_allows_its_number_at_once(budget: Budget) -> None:
    assert [budget.take("ada") for _ in range(5)] == [0, 0, 0, 20, 20]
    assert budget.take("bob") == 0


def test_budget_refills_evenly(budget: Budget, clock: list[float]) -> None:
    for _ in range(3):
        budget.take("ada")

    clock[0] += 20
    assert (budget.take("ada"), budget.take("ada")) == (0, 20)

    clock[0] += 3600
    assert [budget.take("ada") for _ in range(4)] == [0, 0, 0, 20]


def test_unused_budget_is_given_back(budget: Budget) -> None:
    for _ in range(3):
        budget.take("ada")

    budget.give_back("ada")
    assert (budget.take("ada"), budget.take("ada")) == (0, 20)

    budget.forgive("ada")
    assert budget.take("ada") == 0


def test_budget_forgets_least_recently_used_key_beyond_limit(
    budget: Budget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shop.budgets.MOST_KEYS", 2)
    for key in ("ada", "ada", "bob", "bob", "ada", "cid"):
        budget.take(key)

    assert budget.take("ada") == 20
    assert [budget.take("bob") for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize(
    ("written", "rate"),
    [("20/h", (20, 3600)), ("600/10m", (600, 600)), ("1/s", (1, 1)), ("5/2d", (5, 172800))],
)
def test_rates_are_parsed(written: str, rate: tuple[int, int]) -> None:
    assert read_budgets({"TEA": written}) == {"TEA": rate}


@pytest.mark.parametrize("written", ["", "20", "0/h", "20/0h", "20/w", "-1/h", "many/h"])
def test_malformed_rate_is_refused_by_name(written: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="TEA"):
        read_budgets({"TEA": written})


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_address_counts_by_its_network(address: str | None, network: str) -> None:
    assert network_of(address) == network
