"""The language that an order's customer is written to in."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from bus.models import Event
from orders.models import Order
from orders.tests.checkouts import URL as CHECKOUT
from orders.tests.checkouts import opened, text
from shop import reasons
from shop.events import OrderPlaced
from shop.languages import written_in

pytestmark = pytest.mark.django_db
URL = "/api/v1/checkout/"


@pytest.fixture
def german_texts() -> Iterator[None]:
    with written_in("de"):
        yield


def published() -> OrderPlaced:
    event = Event.objects.select_related("personal").get(type="OrderPlaced")
    return OrderPlaced.read(event.version, event.data, event.personal.data)


def test_checkout_keeps_the_language_in_the_order_and_its_event(
    client: APIClient, body: dict[str, Any]
) -> None:
    answer = client.post(URL, body | {"language": "de"}, format="json")

    assert (answer.status_code, answer.json()["language"]) == (201, "de")
    assert Order.objects.get().language == "de"
    assert published().customer.language == "de"


def test_checkout_without_language_is_in_the_shops_own(
    client: APIClient, body: dict[str, Any]
) -> None:
    """A library sends the header unasked; it must not decide the language of an invoice."""
    client.post(URL, body, format="json", headers={"Accept-Language": "de"})

    assert published().customer.language == "en-gb"


@pytest.mark.parametrize("language", ["fr", "DE", "", None, 1, ["de"]])
def test_checkout_refuses_a_language_the_shop_has_not(
    client: APIClient, body: dict[str, Any], language: Any
) -> None:
    answer = client.post(URL, body | {"language": language}, format="json")

    assert answer.status_code == 400
    [error] = answer.json()["errors"]
    assert error["pointer"] == "#/language"
    assert not Order.objects.exists()


def test_refusal_of_a_language_names_those_there_are(
    client: APIClient, body: dict[str, Any]
) -> None:
    answer = client.post(URL, body | {"language": "fr"}, format="json")

    assert answer.json()["errors"][0]["detail"] == "Must be one of en-gb, de."


def test_event_of_an_earlier_release_is_english(client: APIClient, body: dict[str, Any]) -> None:
    client.post(URL, body, format="json")
    event = Event.objects.select_related("personal").get(type="OrderPlaced")
    del event.personal.data["customer"]["language"]

    read = OrderPlaced.read(event.version, event.data, event.personal.data)

    assert read.customer.language == "en-gb"


@pytest.mark.parametrize(
    ("names", "german"),
    [
        (["Tasse"], "Nicht auf Lager: Tasse"),
        (list("abcdef"), "Nicht auf Lager: a, b, c, d, e und 1 weiterer Artikel"),
        (list("abcdefgh"), "Nicht auf Lager: a, b, c, d, e und 3 weitere Artikel"),
    ],
)
def test_reason_of_a_rejected_order_is_shown_in_the_readers_language(
    names: list[str], german: str, german_texts: None
) -> None:
    assert reasons.shown(reasons.out_of_stock(names)) == german


def test_typed_reason_is_shown_as_it_is(german_texts: None) -> None:
    assert reasons.shown("Not in my size") == "Not in my size"
    assert reasons.shown(reasons.BY_CUSTOMER) == "Auf Kundenwunsch storniert"


@pytest.fixture
def german(customer: Client) -> Client:
    """A customer whose browser accepts German."""
    customer.defaults["HTTP_ACCEPT_LANGUAGE"] = "de-DE,de;q=0.9"
    return customer


def test_page_sells_as_german_law_has_it_and_keeps_its_language(german: Client) -> None:
    """The button has the words of section 312j (3) BGB."""
    form = opened(german)
    page = text(german.get(CHECKOUT))

    german.post(CHECKOUT, form)

    for words in ("28,49 €", "19 % MwSt.", ">Zahlungspflichtig bestellen<"):
        assert words in page
    assert Order.objects.get().language == published().customer.language == "de"


def test_mistakes_are_explained_in_german(german: Client) -> None:
    answer = german.post(CHECKOUT, opened(german, email="", postal_code="1", name="\x01"))

    page = text(answer)
    assert answer.status_code == 422
    for words in (
        "Bitte korrigieren Sie 3 Felder. Es wurde nichts bestellt.",
        "Geben Sie Ihre E-Mail-Adresse ein.",
        "Diese Postleitzahl gibt es in diesem Land nicht (Deutschland).",
        "Zeilenumbrüche und Steuerzeichen sind hier nicht erlaubt.",
    ):
        assert words in page
