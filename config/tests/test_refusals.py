"""What a customer is told whose request the guard refuses, and what uses no budget."""

from typing import Any

import pytest
from django.urls import reverse

from config import guard
from config.tests.guarded import Told, ask
from shop.budgets import Budget, Rate

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def one_checkout(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address may order once a minute."""
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_ADDRESS": Rate(1, 60)}
    path, _, each = guard.BUDGETS[0]
    monkeypatch.setattr(guard, "BUDGETS", ((path, Budget("CHECKOUTS_PER_ADDRESS"), each),))


@pytest.mark.parametrize(
    ("headers", "language", "words"),
    [
        ({}, "en-gb", "Reload this page then: what you entered is sent again."),
        ({"accept_language": "de-AT"}, "de", "Was Sie eingegeben haben, wird erneut gesendet."),
        ({"cookie": "language=de"}, "de", "Versuchen Sie es in 60 Sekunden erneut."),
    ],
)
@pytest.mark.usefixtures("one_checkout")
def test_customer_who_is_refused_gets_a_page_in_their_language(
    settings: Any, headers: dict[str, str], language: str, words: str
) -> None:
    settings.LANGUAGE_COOKIE_NAME = "language"
    sent = {"path": "/checkout/", "content_length": "1", **headers}

    ask(Told(), b"x", **sent)
    status, answered, content = ask(Told(), b"x", **sent)

    assert status == 429
    assert answered[b"content-type"] == b"text/html; charset=utf-8"
    assert f'<html lang="{language}">' in content.decode()
    assert words in content.decode()


@pytest.mark.parametrize("path", ["/checkout/", "/orders/x/cancel/", "/admin/orders/order/add/"])
def test_page_for_a_large_body_is_german_for_customers_only(path: str) -> None:
    answer = ask(Told(), b"", path=path, content_length="9999999", accept_language="de")

    assert answer[0] == 413
    assert ("Was Sie gesendet haben" in answer[2].decode()) is not path.startswith("/admin/")


@pytest.mark.usefixtures("one_checkout")
def test_button_that_only_changes_the_form_uses_no_budget() -> None:
    def sent(body: bytes, kind: str = FORM, path: str = reverse("checkout-page")) -> int:
        size = str(len(body))
        return ask(Told(), body, path=path, content_type=kind, content_length=size)[0]

    changes = [b"name=Ada&country_change=", b"adjust=1", b"again="]

    assert [sent(body) for body in changes] == [200, 200, 200]
    assert sent(b"name=adjust") == 200
    assert [sent(body) for body in changes] == [200, 200, 200]
    assert sent(b"name=adjust") == 429
    assert sent(b"adjust=1", "text/plain") == 429
    assert sent(b"adjust=1", FORM, "/api/v1/checkout/") == 429
    assert sent(b"adjust=1", f"{FORM}; charset=utf-16") == 429
