"""What a stranger can do to the running shop: not much, and nothing to others."""

import json
import resource
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests.live.shop import BODY, Shop

pytestmark = [pytest.mark.live, pytest.mark.sqlite, pytest.mark.timeout(300)]

HEAD = b"Host: localhost\r\nContent-Type: application/json\r\nConnection: close\r\n"


@pytest.fixture
def port(shop: Shop) -> int:
    return int(shop.env["PORT"])


def say(port: int, said: bytes, seconds: float = 40) -> tuple[bytes, float]:
    """What comes back until the server ends the connection, and after how many seconds."""
    began, answer = time.monotonic(), b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        connection.sendall(said)
        while part := connection.recv(65536):
            answer += part
    return answer, time.monotonic() - began


def chunked(body: bytes) -> bytes:
    half = len(body) // 2
    parts = (body[:half], body[half:])
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_chunked_checkout_is_read(port: int) -> None:
    head = b"POST /api/v1/checkout/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD

    answer, _ = say(port, head + b"\r\n" + chunked(json.dumps(BODY).encode()))

    assert answer.startswith(b"HTTP/1.1 201")


def test_chunked_reason_is_read(shop: Shop) -> None:
    order = shop.place_order()

    def parts() -> Iterator[bytes]:
        yield b'{"reason": '
        yield b'"Too late"}'

    headers = {"Content-Type": "application/json"}
    answer = shop.http.post(order["links"]["cancel"], content=parts(), headers=headers)

    assert answer.json()["cancel_reason"] == "Too late"


@pytest.mark.parametrize("path", ["/", "/api/v1/checkout/", "/admin/login/", "/static/x", "/none"])
def test_huge_body_is_refused_before_it_is_read(port: int, path: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nContent-Length: 1000000000\r\n".encode()

    answer, seconds = say(port, head + HEAD + b"\r\n" + b"x" * 300_000)

    assert answer.startswith(b"HTTP/1.1 413")
    assert seconds < 10


def test_body_without_end_is_cut(port: int) -> None:
    head = b"POST /api/v1/checkout/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + HEAD

    answer, seconds = say(
        port, head + b"\r\n" + b"10000\r\n" + b"x" * 65536 + b"\r\n" + b"1\r\ny\r\n"
    )

    assert answer.startswith(b"HTTP/1.1 413")
    assert seconds < 10


def test_incomplete_requests_are_cut(port: int) -> None:
    parts = (b"", b"GET / HTT", b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    head = b"POST /api/v1/checkout/ HTTP/1.1\r\nContent-Length: 100\r\n" + HEAD

    with ThreadPoolExecutor(4) as pool:
        requests = [pool.submit(say, port, part) for part in parts]
        body = pool.submit(say, port, head + b"\r\n{")

    for request in requests:
        assert 5 < request.result()[1] < 20
    answer, seconds = body.result()
    assert answer.startswith(b"HTTP/1.1 408")
    assert seconds < 30


def test_idle_connections_keep_no_client_out(shop: Shop, port: int) -> None:
    said = len(shop.said)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    try:
        with ExitStack() as idle:
            for number in range(1300):
                connection = socket.create_connection(("127.0.0.1", port), timeout=10)
                idle.enter_context(connection)
                if number % 3 == 0:
                    connection.sendall(b"POST /api/v1/checkout/ HTTP/1.1\r\nHost: x\r\n")
            began = time.monotonic()
            assert shop.http.get("/healthz").status_code == 200
            assert shop.place_order()
            assert time.monotonic() - began < 10
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert len(shop.said) - said < 100_000


def test_garbage_does_not_fill_log(shop: Shop, port: int) -> None:
    said = len(shop.said)

    for _ in range(300):
        say(port, b"\x16\x03\x01 no HTTP at all\r\n\r\n")

    assert shop.said[said:].count("Invalid HTTP request") <= 5


def test_recipient_budget_limits_mails_to_one_address(shop: Shop) -> None:
    victim = BODY | {"email": "victim@example.com", "name": "BUY CHEAP PILLS"}

    def order(_number: int) -> httpx.Response:
        return httpx.post(f"{shop.url}/api/v1/checkout/", json=victim, timeout=60, trust_env=False)

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(order, range(100)))

    told = Counter(answer.status_code for answer in answers)
    assert told == {201: 20, 429: 80}
    refused = next(answer for answer in answers if answer.status_code == 429)
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert int(refused.headers["Retry-After"]) > 0
    placed = [answer.json() for answer in answers if answer.status_code == 201]
    shop.http.post(placed[0]["links"]["cancel"], json={"reason": "VISIT evil.example"})
    shop.wait_for(lambda: all(shop.look_at(one)["settled"] for one in placed), 120)
    mails = [file.read_bytes() for file in (shop.folder / "mail").iterdir()]
    assert mails
    for mail in mails:
        assert b"PILLS" not in mail
        assert b"evil.example" not in mail


def test_password_guessing_does_not_slow_checkouts(shop: Shop) -> None:
    stop, answers = threading.Event(), Counter[int]()

    def guess() -> None:
        with httpx.Client(base_url=shop.url, trust_env=False, timeout=60) as browser:
            browser.get("/admin/login/")
            form = {"csrfmiddlewaretoken": browser.cookies["csrftoken"], "username": "admin"}
            while not stop.is_set():
                answer = browser.post(
                    "/admin/login/",
                    data=form | {"password": "wrong"},
                    headers={"Referer": shop.url},
                )
                answers[answer.status_code] += 1
                stop.wait(0.5)

    def median(count: int) -> float:
        times = []
        for number in range(count):
            began = time.monotonic()
            body = BODY | {"email": f"c{time.time_ns()}{number}@example.com"}
            # Over a connection of its own: the server may have closed one that was idle meanwhile.
            answer = httpx.post(
                f"{shop.url}/api/v1/checkout/", json=body, timeout=60, trust_env=False
            )
            assert answer.status_code == 201
            times.append(time.monotonic() - began)
        return sorted(times)[count // 2]

    calm = median(20)
    guessers = [threading.Thread(target=guess) for _ in range(40)]
    for one in guessers:
        one.start()
    try:
        time.sleep(2)  # the first tries are checked, the others are refused
        beset = median(20)
    finally:
        stop.set()
        for one in guessers:
            one.join()

    assert answers[429] > answers[200]
    assert answers[200] <= 5
    assert beset < max(10 * calm, 1.0)


def test_identifiers_of_an_order_give_no_access(shop: Shop) -> None:
    order = shop.place_order()
    said = len(shop.said)

    for known in (order["id"], order["number"]):
        for place in ("/orders/{}/", "/api/v1/orders/{}/", "/api/v1/orders/{}/invoice.pdf"):
            assert shop.http.get(place.format(known)).status_code == 404
        assert shop.http.post(f"/api/v1/orders/{known}/cancel/").status_code == 404
    page = order["links"]["page"].rstrip("/") + "x/"
    assert shop.http.get(page).status_code == 404

    shop.wait_for(lambda: "Not Found: /orders/[link]" in shop.said[said:], 10)
    token = order["links"]["page"].rstrip("/").rpartition("/")[2]
    assert token not in shop.said
