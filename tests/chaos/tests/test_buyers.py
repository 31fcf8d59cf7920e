"""Buyers report the errors that ended a customer, and refuse a rate without customers."""

import itertools
import threading

import pytest

from tests.chaos.__main__ import parser
from tests.chaos.buyers import Purchase
from tests.chaos.tests.answers import shop_that_says
from tests.support.wait import thread_runs, wait_until


def test_buyers_report_no_error_for_refused_orders() -> None:
    with shop_that_says(posts=itertools.repeat((400, {}))) as (buyers, _requests):
        buyers.rate = 50
        buyers.start()
        wait_until(lambda: buyers.purchases, 10, "a customer orders")
        buyers.stop()

    assert buyers.errors == []


def test_buyers_report_customer_who_ended_with_error() -> None:
    with shop_that_says(posts=[(201, {"no": "links"})]) as (buyers, _requests):
        buyers.send(Purchase("K", buyers.body()))
        buyers.stop()

    [said] = buyers.errors
    assert said.startswith("a customer could not go on: KeyError(")


def test_buyers_report_sender_that_died(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda arguments: None)
    with shop_that_says(posts=[]) as (buyers, _requests):
        monkeypatch.setattr(buyers, "send", None)
        buyers.start()
        wait_until(lambda: not thread_runs("buyers"), 10, "the sender died")
        buyers.stop()

    assert buyers.errors == ["not checked: the thread that sends customers died of an error"]


@pytest.mark.parametrize("rate", ["0", "-1", "nan", "inf", "some"])
def test_rate_without_orders_is_refused(rate: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        parser().parse_args([f"--rate={rate}"])

    assert refused.value.code == 2
    assert f"{rate} orders a second are none; give a number above 0." in capsys.readouterr().err
