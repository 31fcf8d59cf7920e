"""Customers whose own errors are told, and a rate at which there are any."""

import threading
from collections.abc import Iterator

import pytest

from tests.chaos.__main__ import _parser
from tests.chaos.buyers import Buyers, Purchase
from tests.support.servers import free_port
from tests.support.wait import wait_until


@pytest.fixture
def buyers() -> Iterator[Buyers]:
    """Of a shop that is not there."""
    found = Buyers(f"http://127.0.0.1:{free_port()}", rate=50, seed=1)
    yield found
    found.stop()


def test_customers_who_order_and_end_have_no_errors(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buyers, "_insist", lambda *_request: None)
    monkeypatch.setattr("tests.chaos.buyers.order_without_key", lambda *_request: None)

    buyers.start()
    wait_until(lambda: buyers.purchases, 10, "a customer orders")
    buyers.stop()

    assert buyers.errors == []


def test_a_customer_who_ends_of_an_error_is_told(
    buyers: Buyers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buyers, "_insist", lambda *_request: object())

    buyers.send(Purchase("K", buyers.body()))
    buyers.stop()

    [said] = buyers.errors
    assert said.startswith("a customer could not go on: AttributeError(")


def test_a_sender_that_died_is_told(buyers: Buyers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    monkeypatch.setattr(buyers, "send", None)

    buyers.start()
    buyers._sender.join(10)
    buyers.stop()

    assert buyers.errors == ["not checked: the thread that sends customers died of an error"]


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "some"])
def test_a_rate_that_is_none_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        _parser().parse_args([f"--rate={rate}"])

    assert refused.value.code == 2
    assert f"{rate} orders a second are none; give a number above 0." in capsys.readouterr().err
