"""A budget holds for all processes, and a flood of what it refuses costs no query."""

import json
import subprocess
import sys
import time
from typing import Any

import pytest
from django.db import OperationalError, connection

from shop import spending
from shop.budgets import Rate
from shop.models import Spending
from shop.spending import SharedBudget, forget_spent

pytestmark = pytest.mark.django_db

CHILD = """
import json, sys
from concurrent.futures import ThreadPoolExecutor
import django
django.setup()
from django.conf import settings
from django.db import connections
from shop.budgets import Rate
from shop.spending import SharedBudget
settings.BUDGETS = {"TEA": Rate(*json.loads(sys.argv[1]))}
settings.SECRET_KEY = "of all hosts"
connections["default"].settings_dict["NAME"] = sys.argv[2]
budget = SharedBudget("TEA")
def take(_):
    try:
        return budget.take("ada")
    finally:
        connections.close_all()
sys.stdin.read(1)
with ThreadPoolExecutor(4) as pool:
    print(json.dumps(list(pool.map(take, range(int(sys.argv[3]))))))
"""


@pytest.fixture(autouse=True)
def twenty(settings: Any) -> None:
    settings.BUDGETS = {"TEA": Rate(20, 3600)}


def test_processes_share_a_budget() -> None:
    here, there = SharedBudget("TEA"), SharedBudget("TEA")

    answers = [budget.take("ada") for _ in range(15) for budget in (here, there)]

    assert answers[:20] == [0] * 20
    assert all(170 < wait <= 180 for wait in answers[20:])
    assert SharedBudget("TEA").take("bob") == 0


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [20, 200])
def test_parallel_requests_of_two_processes_get_exactly_the_budget(number: int) -> None:
    command = [sys.executable, "-c", CHILD, json.dumps([number, 36_000])]
    command += [str(connection.settings_dict["NAME"]), str(number)]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    time.sleep(0.5)

    told = [process.communicate("g", timeout=120)[0] for process in processes]

    answers = [wait for each in told for wait in json.loads(each)]
    assert len(answers) == 2 * number
    assert answers.count(0) == number


def test_refused_flood_costs_no_query(django_assert_num_queries: Any) -> None:
    for _ in range(20):
        SharedBudget("TEA").take("ada")
    here = SharedBudget("TEA")
    assert here.take("ada")

    with django_assert_num_queries(0):
        assert all(here.take("ada") for _ in range(50))


def test_a_block_of_a_large_budget_costs_one_statement(
    settings: Any, django_assert_num_queries: Any
) -> None:
    settings.BUDGETS = {"TEA": Rate(6000, 600)}
    budget = SharedBudget("TEA")

    with django_assert_num_queries(1):
        assert [budget.take() for _ in range(60)] == [0] * 60
    with django_assert_num_queries(1):
        budget.take()


def test_what_is_left_of_a_block_ends_when_it_is_free_again(settings: Any) -> None:
    settings.BUDGETS = {"TEA": Rate(200, 3600)}
    now = [0.0]
    here = SharedBudget("TEA", clock=lambda: now[0])
    here.take("ada")
    now[0] = 36.0  # its block of two lasts as long

    here.take("ada")

    assert Spending.objects.get().free_at - time.time() > 71


def test_what_is_given_back_can_be_taken_by_another_process() -> None:
    here, there = SharedBudget("TEA"), SharedBudget("TEA")
    for _ in range(20):
        here.take("ada")

    here.give_back("ada")
    assert there.take("ada") == 0
    assert there.take("ada") > 0

    here.forgive("ada")
    assert SharedBudget("TEA").take("ada") == 0


def test_without_database_the_memory_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any) -> int:
        raise OperationalError("no database")

    monkeypatch.setattr(spending, "take_row", away)
    budget = SharedBudget("TEA")

    answers = [budget.take("ada") for _ in range(30)]

    assert answers[:20] == [0] * 20
    assert all(answers[20:])


def test_row_has_no_address_and_is_deleted_when_whole(settings: Any) -> None:
    SharedBudget("TEA").take("192.0.2.7")
    first = Spending.objects.get().key
    Spending.objects.update(free_at=1.0)
    forget_spent()
    assert not Spending.objects.exists()

    settings.SECRET_KEY = "another"
    SharedBudget("TEA").take("192.0.2.7")

    assert Spending.objects.get().key != first
