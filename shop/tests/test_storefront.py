"""The pages on which customers find products."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.models import Category, Product
from shop.testing import stock_counted

pytestmark = pytest.mark.django_db

Ask = Callable[..., str]


@pytest.fixture
def ask(client: Client) -> Ask:
    """The text of the catalogue's page for these parameters."""
    return lambda **query: client.get("/products/", query).content.decode()


def product(sku: str, name: str, price: str = "10.00", **options: Any) -> Product:
    return Product.objects.create(sku=sku, name=name, unit_price=Decimal(price), **options)


def many(count: int) -> Category:
    """So many products in one category, named and priced so that their order is known."""
    category, _ = Category.objects.get_or_create(name="Cups", slug="cups")
    first = Product.objects.count()
    Product.objects.bulk_create(
        Product(sku=f"CUP-{n:05}", name=f"Cup {n:05}", unit_price=Decimal(n + 1), category=category)
        for n in range(first, first + count)
    )
    return category


def shown(page: str) -> list[str]:
    """The names of the page's cards, in order."""
    parts = page.split('<h3 itemprop="name"')[1:]
    return [part.partition("</a>")[0].rpartition(">")[2] for part in parts]


def test_front_page_shows_categories_and_newest_products(client: Client) -> None:
    category = many(3)
    product("POT", "Pot", active=False)
    product("PAN", "Pan <b>")

    page = client.get("/").content.decode()

    assert shown(page) == [
        "Pan &lt;b&gt;",
        "Cup 00002",
        "Cup 00001",
        "Cup 00000",
    ]
    assert category.get_absolute_url() in page


@pytest.mark.parametrize(
    "words", ["müsli", "MÜSLI", "Musli", "mus li", "food-1", "Haferflocken", "kraftig"]
)
def test_search_finds_name_sku_and_description_without_case_or_accents(
    ask: Ask, words: str
) -> None:
    product("FOOD-1", "Müsli", description="Aus Haferflocken, KRÄFTIG")
    product("FOOD-2", "Tea")

    assert shown(ask(q=words)) == ["Müsli"]


def test_search_needs_all_words_and_takes_signs_literally(ask: Ask) -> None:
    product("TEA-1", "Green tea")
    product("TEA-2", "Black tea, 100% Assam")

    assert shown(ask(q="tea green")) == ["Green tea"]
    assert shown(ask(q="100%")) == ["Black tea, 100% Assam"]
    assert shown(ask(q="gr_en")) == []


def test_search_follows_a_changed_name(ask: Ask) -> None:
    tea = product("TEA", "Tea")

    tea.name = "Assam"
    tea.save(update_fields=["name"])

    assert shown(ask(q="assam")) == ["Assam"]


def test_search_without_result_offers_a_way_on(ask: Ask) -> None:
    many(1)

    page = ask(q='<script>"', category="cups")

    assert "Nothing found" in page
    assert "“&lt;script&gt;" in page
    assert 'href="/products/"' in page
    assert "Search in all categories" in page


def test_category_filters_and_keeps_words_and_order(ask: Ask) -> None:
    many(2)
    product("POT", "Cup warmer")

    page = ask(q="cup", category="cups", sort="-price")

    assert shown(page) == ["Cup 00001", "Cup 00000"]
    assert 'href="/products/?q=cup&amp;sort=-price"' in page


def test_unknown_category_is_not_found_and_offers_a_way_on(client: Client) -> None:
    many(1)

    answer = client.get("/products/", {"category": "spoons"})

    assert answer.status_code == 404
    assert "no such category" in answer.content.decode()
    assert 'href="/products/"' in answer.content.decode()


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("name", ["apple", "Ärmel", "Zebra"]),
        ("price", ["Zebra", "apple", "Ärmel"]),
        ("-price", ["Ärmel", "apple", "Zebra"]),
        ("newest", ["apple", "Ärmel", "Zebra"]),
        ("; drop", ["apple", "Ärmel", "Zebra"]),
    ],
)
def test_products_are_sorted_as_the_address_says(ask: Ask, sort: str, names: list[str]) -> None:
    product("Z", "Zebra", "1.00")
    product("R", "Ärmel", "3.00")
    product("A", "apple", "2.00")

    assert shown(ask(sort=sort)) == names


def test_pages_hold_each_product_once_though_prices_are_equal(client: Client) -> None:
    many(50)
    Product.objects.update(unit_price=1)

    found: list[str] = []
    address = "/products/?sort=price"
    for _ in range(3):
        page = client.get(address).content.decode()
        found += shown(page)
        address = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")

    assert len(found) == len(set(found)) == 50
    assert address == ""


@pytest.mark.parametrize(
    ("page", "number"), [("0", 3), ("-1", 3), ("99", 3), ("x", 1), ("", 1), ("9" * 5000, 1)]
)
def test_page_that_is_not_there_is_answered_with_one_that_is(
    ask: Ask, page: str, number: int
) -> None:
    many(50)

    assert f'"Page {number} of 3" aria-current="page"' in ask(page=page)


def test_pages_in_between_are_left_out(ask: Ask) -> None:
    many(240)

    page = ask(page="5", sort="price")

    numbers = [n for n in range(1, 11) if f'href="/products/?sort=price&amp;page={n}"' in page]
    assert numbers == [4, 5, 6, 10]
    assert 'href="/products/?sort=price"' in page


@pytest.mark.parametrize("address", ["/", "/products/?q=cup", "/products/CUP-00000/"])
def test_page_costs_as_many_queries_for_20_000_products(client: Client, address: str) -> None:
    many(24)
    few = queries(client, address)
    many(19_976)

    assert queries(client, address) == few <= 4


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


@pytest.mark.parametrize(
    ("pieces", "hint"), [(0, "Sold out"), (3, "Only 3 left"), (6, "In stock"), (None, None)]
)
def test_product_page_says_what_is_left(
    client: Client, pieces: int | None, hint: str | None
) -> None:
    product("CUP", "A cup", description="Holds <i>tea</i>.", tax_rate=Decimal("0.055"))
    counts = {} if pieces is None else {"CUP": pieces}

    with stock_counted(lambda skus: counts):
        page = client.get("/products/CUP/").content.decode()

    hints = [text for text in ("Sold out", "Only", "In stock") if f">{text}" in page]
    assert hints == ([] if hint is None else [hint.partition(" ")[0] if pieces == 3 else hint])
    assert "10.00 EUR" in page
    assert "incl. 5.5 % tax" in page
    assert "&lt;i&gt;tea" in page


@pytest.mark.parametrize(
    ("address", "heading"), [("/", "h3"), ("/products/", "h3"), ("/products/CUP/", "h1")]
)
def test_names_are_marked_with_the_language_of_the_seller(
    client: Client, settings: Any, address: str, heading: str
) -> None:
    settings.SELLER_LANGUAGE = "fr"
    product("CUP", "Une tasse")

    page = client.get(address, HTTP_ACCEPT_LANGUAGE="de").content.decode()

    assert f'<{heading} itemprop="name" lang="fr">' in page
    assert '<html lang="de">' in page


def test_product_not_on_sale_is_not_found(client: Client) -> None:
    product("CUP", "A cup", active=False)

    assert client.get("/products/CUP/").status_code == 404
    assert client.get("/products/cup/").status_code == 404


def test_address_in_small_letters_leads_to_the_product(client: Client) -> None:
    product("CUP", "A cup")

    assert client.get("/products/cup/")["Location"] == "/products/CUP/"


def test_product_page_shows_others_of_its_category(client: Client) -> None:
    many(7)

    page = client.get("/products/CUP-00006/").content.decode()

    assert shown(page) == ["Cup 00005", "Cup 00004", "Cup 00003", "Cup 00002"]
