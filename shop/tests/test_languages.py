"""Which language a page is in, and the switch between them."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from shop.models import Product

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.1"}
NOWHERE = "/there-is-no-such-page/"


def page(
    client: Client, address: str = NOWHERE, headers: dict[str, str] | None = None
) -> tuple[Any, str]:
    answer = client.get(address, headers=headers)
    return answer, answer.content.decode()


def test_page_is_english_for_a_browser_without_a_wish(client: Client) -> None:
    answer, text = page(client)

    assert '<html lang="en-gb">' in text
    assert "There is nothing at this address." in text
    assert answer["Content-Language"] == "en-gb"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("de", "de"), ("de-CH", "de"), ("en-US", "en-gb"), ("fr, de;q=0.5", "de"), ("fr", "en-gb")],
)
def test_page_is_in_the_first_accepted_language_of_the_shop(
    client: Client, accepted: str, language: str
) -> None:
    answer, text = page(client, headers={"Accept-Language": accepted})

    assert f'<html lang="{language}">' in text
    assert answer["Content-Language"] == language


def test_caches_keep_the_languages_of_a_page_apart(client: Client) -> None:
    answer, _ = page(client)

    assert {"Cookie", "Accept-Language"} <= set(answer["Vary"].split(", "))


def test_switch_changes_the_language_and_stays_on_the_page(client: Client) -> None:
    _, before = page(client, NOWHERE + "?q=1", headers=GERMAN)
    assert f'name="next" value="{NOWHERE}?q=1"' in before

    answer = client.post(
        "/language/", {"language": "en-gb", "next": NOWHERE + "?q=1"}, headers=GERMAN
    )

    assert (answer.status_code, answer["Location"]) == (302, NOWHERE + "?q=1")
    assert answer.cookies[settings.LANGUAGE_COOKIE_NAME]["samesite"] == "Lax"
    assert '<html lang="en-gb">' in page(client, headers=GERMAN)[1]


@pytest.mark.parametrize("language", ["fr", "", "../de", "de\0"])
def test_switch_ignores_a_language_the_shop_has_not(client: Client, language: str) -> None:
    client.post("/language/", {"language": language, "next": "/"})

    assert '<html lang="de">' in page(client, headers=GERMAN)[1]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_switch_redirects_to_no_other_site(client: Client, target: str) -> None:
    answer = client.post("/language/", {"language": "de", "next": target})

    assert answer["Location"] == "/"


def test_switch_needs_no_token_and_is_no_link() -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/language/", {"language": "de", "next": "/"}).status_code == 302
    assert strict.get("/language/?language=de").status_code == 405


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/admin/login/", "/api/problems/", "/api/v1/no-such-thing/"])
def test_staff_and_programs_read_english(client: Client, address: str) -> None:
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "de"
    page(client)  # its language must not stay with the thread
    answer, text = page(client, address, headers=GERMAN)

    assert answer["Content-Language"] == "en-gb"
    assert "Sprache" not in text
    assert 'class="languages"' not in text


@pytest.mark.django_db
def test_picture_is_of_no_language(client: Client) -> None:
    Product.objects.create(sku="MUG", name="Blue mug", unit_price="12.00")
    address = Product.objects.get().picture_url

    answer = client.get(address)

    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("image/")
    assert "Vary" not in answer
    assert "Content-Language" not in answer
