"""Limits of requests hold before the application gets them."""

import asyncio
import json
from typing import Any

import pytest
from django.urls import reverse

from config import guard, turns
from config.tests.guarded import Sent, Told, ask
from shop.budgets import Budget, Rate
from shop.spending import SharedBudget


@pytest.mark.django_db(transaction=True)
def test_chunked_body_is_passed_on_with_its_length() -> None:
    told = Told()

    status, _, _ = ask(told, b'{"a"', b": 1}", transfer_encoding="chunked")

    assert status == 200
    assert told.bodies == [b'{"a": 1}']
    assert told.headers == {b"content-length": b"8"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("path", "largest"),
    [("/api/v1/checkout/", 65536), ("/nowhere", 65536), ("/admin/login/", 65536),
     ("/admin/orders/order/add/", 1048576)],
)  # fmt: skip
def test_body_is_limited_at_every_address(path: str, largest: int) -> None:
    told = Told()
    fits, more = b"x" * largest, b"y"

    assert ask(told, fits, path=path, content_length=str(largest))[0] == 200
    assert ask(told, fits, path=path, transfer_encoding="chunked")[0] == 200
    assert ask(told, b"", path=path, content_length=str(largest + 1))[0] == 413
    assert ask(told, fits, more, path=path, transfer_encoding="chunked")[0] == 413
    assert len(told.bodies) == 2


def test_api_refuses_large_body_with_problem_and_closes() -> None:
    status, headers, content = ask(Told(), b"", content_length="1000000000")

    assert status == 413
    assert headers[b"content-type"] == b"application/problem+json"
    assert headers[b"connection"] == b"close"
    assert json.loads(content)["type"] == "/api/problems/#body-too-large"


def test_each_address_has_its_own_budget(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_ADDRESS": Rate(2, 60)}
    path, _, each = guard.BUDGETS[0]
    monkeypatch.setattr(guard, "BUDGETS", ((path, Budget("CHECKOUTS_PER_ADDRESS"), each),))
    told = Told()

    answers = [ask(told, b"{}", content_length="2") for _ in range(3)]

    assert [status for status, _, _ in answers] == [200, 200, 429]
    assert int(answers[2][1][b"retry-after"]) == 30
    assert b"connection" not in answers[2][1]
    assert len(told.bodies) == 2


@pytest.mark.parametrize("refusal", ["in all", "crowded"])
def test_refused_request_uses_no_budget(
    settings: Any, monkeypatch: pytest.MonkeyPatch, refusal: str
) -> None:
    settings.BUDGETS = settings.BUDGETS | {
        "CHECKOUTS_PER_ADDRESS": Rate(2, 60),
        "CHECKOUTS_IN_ALL": Rate(2, 60),
    }
    mine, all_of_us = Budget("CHECKOUTS_PER_ADDRESS"), Budget("CHECKOUTS_IN_ALL")
    path = guard.BUDGETS[0][0]
    monkeypatch.setattr(guard, "BUDGETS", ((path, mine, True), (path, all_of_us, False)))
    if refusal == "in all":
        all_of_us.take()
        all_of_us.take()
    else:
        monkeypatch.setattr(turns, "MOST_REQUESTS", 0)
        monkeypatch.setattr(turns, "TURN_WITHIN", 0)

    refused = [ask(Told(), b"{}", content_length="2")[0] for _ in range(5)]

    assert set(refused) == {429 if refusal == "in all" else 503}
    assert [mine.take("192.0.2.1") for _ in range(2)] == [0, 0]
    assert (all_of_us.take() > 0) is (refusal == "in all")


def test_other_protocols_reach_the_application() -> None:
    served = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        served.append(scope["type"])

    asyncio.run(guard.Guard(application)({"type": "lifespan"}, None, None))

    assert served == ["lifespan"]


def test_page_and_api_of_the_checkout_share_a_budget(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_ADDRESS": Rate(2, 60)}
    path, _, each = guard.BUDGETS[0]
    monkeypatch.setattr(guard, "BUDGETS", ((path, Budget("CHECKOUTS_PER_ADDRESS"), each),))
    paths = ["/checkout/", "/api/v1/checkout/", "/checkout/", "/checkout/address/"]

    answers = [ask(Told(), b"{}", path=path, content_length="2") for path in paths]

    assert [status for status, _, _ in answers] == [200, 200, 429, 200]


def test_requests_above_the_limit_are_queued(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "TURN_WITHIN", 0.05)
    running = []

    async def never(scope: Any, receive: Any, send: Any) -> None:
        running.append(scope)
        await asyncio.sleep(60)

    async def crowd() -> list[Any]:
        one = guard.Guard(never)
        sent: Sent = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
        many = [asyncio.create_task(one(scope, None, send)) for _ in range(turns.MOST_REQUESTS)]
        await asyncio.sleep(0)
        await one(scope, None, send)
        assert len(running) == turns.MOST_REQUESTS
        probe = asyncio.create_task(one(scope | {"path": "/healthz"}, None, send))
        await asyncio.sleep(0.01)
        for task in (*many, probe):
            task.cancel()
        return sent

    sent = asyncio.run(crowd())

    assert sent[0]["status"] == 503
    assert running[-1]["path"] == "/healthz"


def test_few_large_forms_are_read_at_a_time() -> None:
    """Each connection could hold one in memory, before the admin knows who sends it."""

    async def crowd(path: str, length: int, count: int) -> Sent:
        sent: Sent = []
        one = guard.Guard(Told())

        async def never() -> Any:
            await asyncio.sleep(60)

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"content-length", str(length).encode())]
        scope = {"type": "http", "method": "POST", "path": path, "headers": headers}
        many = [asyncio.create_task(one(scope, never, send)) for _ in range(count)]
        await asyncio.sleep(0.01)
        for task in many:
            task.cancel()
        return sent

    few, form = guard.LARGE_AT_ONCE, guard.LARGEST_FORM
    refused = asyncio.run(crowd("/admin/orders/order/add/", form, few + 1))
    assert refused[0]["status"] == 503
    assert (b"connection", b"close") in refused[0]["headers"]
    assert asyncio.run(crowd("/admin/orders/order/add/", form, few)) == []
    assert asyncio.run(crowd("/admin/orders/order/add/", guard.LARGEST_BODY, few + 1)) == []
    assert asyncio.run(crowd("/api/v1/checkout/", guard.LARGEST_BODY, few + 1)) == []


def test_cancellations_by_page_and_by_api_share_one_budget() -> None:
    paths = ("/api/v1/orders/x/cancel/", "/orders/x/cancel/")

    charged = [[budget for path, budget, _ in guard.BUDGETS if path.fullmatch(p)] for p in paths]

    assert charged[0] == charged[1] != []


def test_probes_are_answered_under_any_load() -> None:
    assert {reverse("healthz"), reverse("readyz")} == set(turns.UNCOUNTED)


def test_stream_gives_its_place_back_once_it_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(turns, "MOST_REQUESTS", 1)
    monkeypatch.setattr(turns, "TURN_WITHIN", 0.05)

    async def streaming(scope: Any, receive: Any, send: Any) -> None:
        kind = b"text/event-stream" if scope["path"] == "/stream/" else b"text/html"
        headers = [(b"Content-Type", kind)]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await asyncio.sleep(60)

    async def statuses(first: str) -> list[int]:
        one = guard.Guard(streaming)
        sent: Sent = []

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "GET", "headers": []}
        tasks = [
            asyncio.create_task(one(scope | {"path": path}, None, send))
            for path in (first, "/stream/", "/stream/")
        ]
        await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
        return [message["status"] for message in sent if "status" in message]

    assert asyncio.run(statuses("/stream/")) == [200, 200, 200]
    assert asyncio.run(statuses("/page/")) == [200, 503, 503]


@pytest.mark.django_db(transaction=True)
def test_guards_of_two_processes_share_budgets(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BUDGETS = settings.BUDGETS | {
        "CHECKOUTS_PER_ADDRESS": Rate(3, 600),
        "CHECKOUTS_IN_ALL": Rate(3, 600),
    }
    path = guard.BUDGETS[0][0]
    answers = []
    for _ in range(3):
        each = (path, SharedBudget("CHECKOUTS_PER_ADDRESS"), True)
        in_all = (path, SharedBudget("CHECKOUTS_IN_ALL"), False)
        monkeypatch.setattr(guard, "BUDGETS", (each, in_all))
        answers += [ask(Told(), b"{}", content_length="2")[0] for _ in range(2)]

    assert answers == [200, 200, 200, 429, 429, 429]
    assert SharedBudget("CHECKOUTS_PER_ADDRESS").take("192.0.2.1") > 0
