"""Guessing passwords is limited, and costs the shop little."""

import threading
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections
from django.test import Client

from config import login
from shop.budgets import Rate
from shop.spending import SharedBudget

pytestmark = pytest.mark.django_db
URL = "/admin/login/"


@pytest.fixture(autouse=True)
def fresh(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = {"LOGINS_PER_ACCOUNT": Rate(3, 900), "LOGINS_PER_ADDRESS": Rate(5, 900)}
    settings.BUDGETS = settings.BUDGETS | budgets
    monkeypatch.setattr(login, "PER_ACCOUNT", SharedBudget("LOGINS_PER_ACCOUNT"))
    monkeypatch.setattr(login, "PER_ADDRESS", SharedBudget("LOGINS_PER_ADDRESS"))
    get_user_model().objects.create_superuser("ada", password="right")


def attempt(name: str, password: str, **more: Any) -> Any:
    return Client().post(URL, {"username": name, "password": password}, **more)


def test_wrong_passwords_lock_account_for_the_address() -> None:
    for _ in range(3):
        assert attempt("ada", "wrong").status_code == 200

    refused = attempt("Ada", "right")

    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 300
    assert attempt("ada", "right", REMOTE_ADDR="10.0.0.1").status_code == 302


def test_trying_several_accounts_locks_the_address() -> None:
    for number in range(5):
        assert attempt(f"c{number}", "wrong").status_code == 200

    assert attempt("c5", "wrong").status_code == 429


def test_processes_share_the_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        assert attempt("ada", "wrong").status_code == 200
    monkeypatch.setattr(login, "PER_ACCOUNT", SharedBudget("LOGINS_PER_ACCOUNT"))

    assert attempt("ada", "right").status_code == 429


def test_right_passwords_use_no_budget() -> None:
    for _ in range(8):
        assert attempt("ada", "right").status_code == 302


def test_session_that_is_open_does_not_return_tries() -> None:
    """Or staff could guess a superuser's password."""
    browser = Client()
    browser.force_login(get_user_model().objects.create_user("bob", is_staff=True))
    tries = [
        browser.post(URL, {"username": "ada", "password": "wrong"}).status_code for _ in range(4)
    ]

    assert tries == [200, 200, 200, 429]


@pytest.mark.django_db(transaction=True)
def test_parallel_tries_count_before_passwords_are_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    checked: list[int] = []
    monkeypatch.setattr(login.admin.site, "login", lambda request: checked.append(1) or _failed())
    answers: list[int] = []

    def one() -> None:
        answers.append(attempt("ada", "x").status_code)
        connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(checked) <= 3
    assert answers.count(429) >= 17


@pytest.mark.django_db(transaction=True)
def test_few_passwords_are_checked_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock, go = [0], [0], threading.Lock(), threading.Event()

    def slow(_request: Any) -> Any:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        go.wait(5)
        with lock:
            running[0] -= 1
        return _failed()

    monkeypatch.setattr(login.admin.site, "login", slow)
    answers: list[int] = []

    def one(number: int) -> None:
        address = f"10.1.0.{number}"
        answers.append(attempt("ada", "x", REMOTE_ADDR=address).status_code)
        connections.close_all()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(login.AT_ONCE + 10)]
    for thread in threads:
        thread.start()
    while len(answers) < 10 - login.WAITING:
        pass  # those sent away answer at once
    go.set()
    for thread in threads:
        thread.join()

    assert most[0] == login.AT_ONCE
    assert answers.count(429) == 10 - login.WAITING


def _failed() -> Any:
    from django.http import HttpResponse

    return HttpResponse("wrong")
