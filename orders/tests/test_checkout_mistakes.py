"""What the checkout's page says when a field is wrong, and how an address follows its country."""

from typing import Any

import pytest
from django.test import Client

from orders.models import Order
from orders.tests.checkouts import URL, filled_cart, form_of, opened, text

pytestmark = pytest.mark.django_db

MISTAKES = {
    "no e-mail": ({"email": ""}, "email", "Enter your e-mail address."),
    "e-mail that cannot be mailed": (
        {"email": "ada@"},
        "email",
        "This is not a valid e-mail address",
    ),
    "no name": ({"name": "  "}, "name", "Enter your name."),
    "no street": ({"line1": ""}, "line1", "Enter street and number."),
    "no city": ({"city": ""}, "city", "Addresses in Germany need a city."),
    "no postal code": ({"postal_code": ""}, "postal_code", "need a postal code."),
    "wrong postal code": ({"postal_code": "1"}, "postal_code", "write it like 26133"),
    "long name": ({"name": "x" * 121}, "name", "no more than 120 characters"),
    "line break in the name": ({"name": "Ada\nBcc: x"}, "name", "Line breaks"),
}


@pytest.mark.parametrize(("change", "field", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistake_is_said_beside_its_field_and_above(
    customer: Client, change: dict[str, str], field: str, words: str
) -> None:
    answer = customer.post(URL, opened(customer, **change))

    shown = text(answer)
    assert answer.status_code == 422
    assert not Order.objects.exists()
    assert shown.count(words) == 2
    assert f'<a href="#id_{field}">' in shown
    assert f'id="id_{field}_error"' in shown
    begin = shown.index(f'id="id_{field}"')
    tag = shown[shown.rindex("<", 0, begin) : shown.index(">", begin)]
    assert 'aria-invalid="true"' in tag
    assert f"id_{field}_error" in tag.partition("aria-describedby=")[2]
    assert "autofocus" in tag


def test_first_of_several_mistakes_has_the_focus(customer: Client) -> None:
    answer = customer.post(URL, opened(customer, name="", city=""))

    shown = text(answer)
    assert "Please correct 2 fields." in shown
    assert shown.count("autofocus") == 1
    assert shown.index("autofocus") < shown.index('id="id_city"')


def test_empty_form_shows_all_its_mistakes_at_once(customer: Client) -> None:
    empty = dict.fromkeys(("email", "name", "line1", "postal_code", "city"), "")

    shown = text(customer.post(URL, opened(customer, **empty)))

    assert "Please correct 5 fields." in shown
    for field in empty:
        assert f'id="id_{field}_error"' in shown


def test_values_and_key_are_kept_and_corrected_form_buys(customer: Client) -> None:
    sent = opened(customer, email="ada", name="Ada & <Co>")

    answer = customer.post(URL, sent)
    again = form_of(answer)

    assert again.fields["key"] == sent["key"]
    assert "Ada &amp; &lt;Co&gt;" in text(answer)
    assert customer.post(URL, again.filled(email="ada@example.com")).status_code == 303
    assert Order.objects.get().name == "Ada & <Co>"


def test_button_shows_fields_of_the_chosen_country(customer: Client) -> None:
    sent = opened(customer, country="US", email="", country_change="")

    answer = customer.post(URL, sent)

    form = form_of(answer)
    shown = text(answer)
    assert answer.status_code == 200
    assert list(form.fields)[-3:] == ["city", "region", "postal_code"]
    assert "ZIP code" in shown
    assert "California" in shown
    assert "mistakes" not in shown
    assert form.fields["name"] == ["Ada Lovelace"]


def test_address_of_another_country_is_bought(customer: Client) -> None:
    sent = opened(customer, country="US", city="Springfield", region="IL", postal_code="62701")

    assert customer.post(URL, sent).status_code == 303
    order = Order.objects.get()
    assert (order.region, order.country.code) == ("IL", "US")


def test_part_that_the_country_does_not_have_is_dropped(customer: Client) -> None:
    sent = opened(customer, country="SG", city="Berlin", region="IL", postal_code="238801")

    customer.post(URL, sent)

    assert (Order.objects.get().city, Order.objects.get().region) == ("", "")


@pytest.mark.parametrize(
    ("country", "names"),
    [
        ("DE", ["line1", "line2", "postal_code", "city"]),
        ("US", ["line1", "line2", "city", "region", "postal_code"]),
        ("HK", ["line1", "line2", "city", "region"]),
        ("SG", ["line1", "line2", "postal_code"]),
    ],
)
def test_fields_of_a_country_come_in_its_order(client: Any, country: str, names: list[str]) -> None:
    shown = text(client.get(f"/checkout/address/?country={country}"))

    found = sorted(names, key=lambda name: shown.index(f'name="{name}"'))
    assert found == names
    assert shown.count("<label") == len(names)


@pytest.mark.parametrize("query", ["", "?country=", "?country=XX", "?country=%00"])
def test_unknown_country_has_no_fields(client: Any, query: str) -> None:
    assert client.get(f"/checkout/address/{query}").status_code in (400, 404)


def test_unknown_country_in_the_form_is_a_mistake(customer: Client) -> None:
    answer = customer.post(URL, opened(customer, country="XX"))

    assert answer.status_code == 422
    assert 'href="#id_country"' in text(answer)


def test_fields_can_be_filled_in_by_the_browser(customer: Client) -> None:
    filled_cart(customer)

    shown = text(customer.get(URL))

    for token in ("email", "shipping name", "shipping address-line1", "shipping postal-code"):
        assert f'autocomplete="{token}"' in shown
    assert 'inputmode="numeric"' in shown
    assert 'type="email"' in shown


@pytest.mark.parametrize("sku", ["%00", "MUG%00", "%0D", "M" * 33, "%ED%A0%80" * 33])
@pytest.mark.parametrize("button", [{}, {"adjust": ""}, {"again": ""}, {"country_change": ""}])
def test_line_that_no_page_wrote_is_left_out(
    customer: Client, sku: str, button: dict[str, str]
) -> None:
    """Quoted twice on the wire, so that no check of the request has seen the character."""
    sent = opened(customer)
    forged = f"{sku}*1*1.00"

    alone = customer.post(URL, sent | button | {"line": forged})
    among = customer.post(URL, sent | button | {"line": [forged, *sent["line"]]})

    assert (alone.status_code, alone["Location"]) == (302, "/cart/")
    assert among.status_code == (200 if button else 303)
    assert forged not in text(among)
