"""What a customer is told whose request the guard refuses, and what uses no budget."""

from typing import Any

import pytest
from django.urls import reverse

from config import guard, refusals, turns
from config.tests.guarded import Told, ask
from shop.budgets import Budget, Rate
from tests.support.pages import forms

FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def one_checkout(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each address may order once a minute."""
    settings.BUDGETS = settings.BUDGETS | {"CHECKOUTS_PER_ADDRESS": Rate(1, 60)}
    path, _, each = guard.BUDGETS[0]
    monkeypatch.setattr(guard, "BUDGETS", ((path, Budget("CHECKOUTS_PER_ADDRESS"), each),))


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch) -> None:
    """No request has its turn."""
    monkeypatch.setattr(turns, "MOST_REQUESTS", 0)
    monkeypatch.setattr(turns, "TURN_WITHIN", 0)


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
    assert 'class="brand"' in content.decode()
    assert words in content.decode()


@pytest.mark.usefixtures("one_checkout")
def test_refused_form_is_on_the_page_and_can_be_sent_again() -> None:
    typed = b"name=Ada+%26+%3CCo%3E&line=MUG*1*2.00&line=TEA*1*3.00&key=k"
    sent = {"path": "/checkout/", "content_type": FORM, "content_length": str(len(typed))}

    ask(Told(), typed, **sent)
    status, headers, content = ask(Told(), typed, **sent)

    page = content.decode()
    form = next(one for one in forms(page) if "key" in one.fields)
    assert status == 429
    assert form.fields == {
        "name": ["Ada & <Co>"],
        "line": ["MUG*1*2.00", "TEA*1*3.00"],
        "key": ["k"],
    }
    assert '<form method="post" action="/checkout/">' in page
    assert "what you entered is kept" in page
    policy = headers[b"content-security-policy"].decode()
    assert "form-action 'self'; base-uri 'none'; frame-ancestors 'none'" in policy


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize(
    ("browser", "kept"),
    [
        ({}, True),
        ({"sec_fetch_site": "same-origin"}, True),
        ({"sec_fetch_site": "cross-site"}, False),
        ({"origin": "https://evil.example"}, False),
    ],
)
def test_form_of_another_site_is_not_on_the_page(browser: dict[str, str], kept: bool) -> None:
    typed = b"sku=MUG&quantity=99"
    sent = {"content_type": FORM, "content_length": str(len(typed)), "host": "testserver"}

    status, _, content = ask(Told(), typed, path="/cart/add/", **sent, **browser)

    assert status == 503
    assert (b"/cart/add/" in content) is kept


@pytest.mark.usefixtures("crowded")
@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (b"&".join([b"line=MUG*1*2.00"] * refusals.MOST_FIELDS), True),
        (b"&".join([b"a="] * (refusals.MOST_FIELDS + 1)), False),
        (b"note=" + b"x" * refusals.LARGEST_KEPT, False),
    ],
)
def test_large_form_is_not_on_the_page(typed: bytes, kept: bool) -> None:
    sent = {"path": "/checkout/", "content_type": FORM, "content_length": str(len(typed))}

    status, _, content = ask(Told(), typed, **sent)

    assert status == 503
    assert (b"<form" in content) is kept


@pytest.mark.usefixtures("crowded")
def test_password_of_staff_is_never_on_a_page() -> None:
    typed = b"username=ada&password=secret"

    for path, kept in (("/admin/login/", False), ("/orders/x/cancel/", True)):
        sent = {"path": path, "content_type": FORM, "content_length": str(len(typed))}
        status, _, content = ask(Told(), typed, **sent)
        assert status == 503
        assert (b"secret" in content) is kept


@pytest.mark.parametrize("path", ["/checkout/", "/orders/x/cancel/", "/admin/orders/order/add/"])
def test_page_for_a_large_body_is_german_for_customers_only(path: str) -> None:
    answer = ask(Told(), b"", path=path, content_length="9999999", accept_language="de")

    assert answer[0] == 413
    assert ("Was Sie gesendet haben" in answer[2].decode()) is not path.startswith("/admin/")


@pytest.mark.parametrize("path", ["/checkout/", "/api/v1/checkout/"])
@pytest.mark.usefixtures("one_checkout")
def test_another_site_cannot_spend_the_budget_of_its_visitors(path: str) -> None:
    sent = {"path": path, "content_length": "1", "accept_language": "de"}
    told = Told()

    strange = [
        ask(told, b"x", **sent, sec_fetch_site="cross-site"),
        ask(told, b"x", **sent, host="testserver", origin="https://evil.example"),
    ]

    assert [status for status, _, _ in strange] == [403, 403]
    words = "von der Seite einer anderen Website" if path == "/checkout/" else "another site"
    assert words in strange[0][2].decode()
    assert told.bodies == []
    assert ask(told, b"x", **sent, sec_fetch_site="same-origin")[0] == 200


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
