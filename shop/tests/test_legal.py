"""The pages that the law asks of a seller."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from shop.models import LegalText
from tests.support.pages import posting

pytestmark = pytest.mark.django_db
KINDS = LegalText.Kind.values


def shown(client: Client, kind: str, **more: Any) -> str:
    answer = client.get(f"/legal/{kind}/", **more)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_every_page_links_to_all_of_them(client: Client) -> None:
    page = client.get("/products/").content.decode()

    for kind in KINDS:
        assert f'href="/legal/{kind}/"' in page


def test_imprint_names_the_seller_of_the_settings(client: Client, settings: Any) -> None:
    page = shown(client, "imprint")

    for name in ("name", "line1", "city", "vat_id", "email"):
        assert settings.SELLER[name] in page
    assert "Germany" in page
    assert "not written" not in page


def test_text_of_the_seller_is_shown_in_its_language(client: Client, settings: Any) -> None:
    settings.SELLER_LANGUAGE = "de"
    text = "§ 1 Geltung <b>\n\nMehr unter https://example.com/agb."
    LegalText.objects.create(kind="terms", text=text)

    page = shown(client, "terms")

    assert '<div lang="de"><p>§ 1 Geltung &lt;b&gt;</p> <p>Mehr unter <a href=' in page
    assert '<html lang="en-gb">' in page


@pytest.mark.parametrize("kind", ["terms", "withdrawal", "privacy"])
def test_page_without_a_text_says_so(client: Client, settings: Any, kind: str) -> None:
    assert "has not written this text yet" in shown(client, kind)
    assert "noch nicht geschrieben" in shown(client, kind, HTTP_ACCEPT_LANGUAGE="de")
    settings.DEBUG = True
    assert "This shop is a demonstration" in shown(client, kind)


def test_imprint_of_a_demonstration_lacks_only_its_rest(client: Client, settings: Any) -> None:
    settings.DEBUG = True

    page = shown(client, "imprint")

    assert settings.SELLER["name"] in page
    assert "The rest of this text is missing" in page
    assert "no such text" not in page


def test_other_texts_have_no_page(client: Client) -> None:
    assert client.get("/legal/other/").status_code == 404


def test_seller_writes_a_text_in_the_admin(client: Client) -> None:
    client.force_login(User.objects.create_superuser("ada", password="x"))
    add = "/admin/shop/legaltext/add/"

    client.post(add, posting(client, add, "text").filled(kind="privacy", text="We keep little."))

    assert "<p>We keep little.</p>" in shown(client, "privacy")
    change = f"/admin/shop/legaltext/{LegalText.objects.get().pk}/change/"
    page = client.get(change).content.decode()
    assert 'name="text"' in page
    assert 'name="kind"' not in page
