"""Products in the admin: their pictures, and their tax rates in percent."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from shop.models import Picture, Product
from tests.support.pages import posting

pytestmark = pytest.mark.django_db


def picture(color: str) -> SimpleUploadedFile:
    out = BytesIO()
    Image.new("RGB", (300, 300), color).save(out, "PNG")
    return SimpleUploadedFile("cup.svg", out.getvalue(), "image/svg+xml")


@pytest.fixture
def page(db: None) -> str:
    row = Product.objects.create(sku="CUP", name="A cup", unit_price="9.90")
    return reverse("admin:shop_product_change", args=[row.pk])


def test_picture_is_uploaded_replaced_and_removed(admin_client: Client, page: str) -> None:
    for change in ({"upload": picture("red")}, {"upload": picture("blue")}):
        form = posting(admin_client, page).filled(**change)
        assert admin_client.post(page, form).status_code == 302
        assert [Product.objects.get().picture_id] == [one.pk for one in Picture.objects.all()]
        assert Product.objects.get().picture_url in admin_client.get(page).content.decode()

    form = posting(admin_client, page).filled(without_picture="on")
    assert admin_client.post(page, form).status_code == 302

    assert Product.objects.get().picture_id is None
    assert not Picture.objects.exists()


def test_picture_is_stored_with_a_new_product(admin_client: Client) -> None:
    add = reverse("admin:shop_product_add")
    form = posting(admin_client, add).filled(
        sku="POT", name="A pot", unit_price="9.90", upload=picture("red")
    )

    assert admin_client.post(add, form).status_code == 302

    assert Product.objects.get(sku="POT").picture is not None


def test_refused_form_stores_no_picture(admin_client: Client, page: str) -> None:
    form = posting(admin_client, page).filled(upload=picture("red"), name="")

    assert admin_client.post(page, form).status_code == 200

    assert not Picture.objects.exists()


def test_file_that_is_no_picture_is_refused_with_the_reason(
    admin_client: Client, page: str
) -> None:
    file = SimpleUploadedFile("cup.png", b"<svg/>", "image/png")

    answer = admin_client.post(page, posting(admin_client, page).filled(upload=file))

    assert "no JPEG, PNG or WebP picture" in answer.content.decode()


def test_deleted_product_takes_its_picture_with_it(admin_client: Client, page: str) -> None:
    admin_client.post(page, posting(admin_client, page).filled(upload=picture("red")))

    delete = page.replace("/change/", "/delete/")
    assert admin_client.post(delete, {"post": "yes"}).status_code == 302

    assert not Picture.objects.exists()


def test_list_of_products_shows_tax_rate_in_percent(admin_client: Client) -> None:
    Product.objects.create(sku="CUP-1", name="Cup", unit_price="9.90", tax_rate="0.070")

    answer = admin_client.get("/admin/shop/product/")

    page = answer.content.decode()
    assert ">7 %<" in page
    assert "0.070<" not in page
    *_, rates = answer.context["cl"].filter_specs
    assert list(rates.lookup_choices) == [("0.070", "7 %")]


def test_list_of_products_is_filtered_by_tax_rate(admin_client: Client) -> None:
    Product.objects.create(sku="CUP-1", name="Cup", unit_price="9.90", tax_rate="0.070")
    Product.objects.create(sku="CUP-2", name="Cup", unit_price="9.90", tax_rate="0.190")

    reduced = admin_client.get("/admin/shop/product/?tax_rate=0.070").context["cl"]
    unknown = admin_client.get("/admin/shop/product/?tax_rate=x").context["cl"]

    assert [one.sku for one in reduced.result_list] == ["CUP-1"]
    assert unknown.result_count == 2


@pytest.mark.parametrize(("percent", "rate"), [("7", "0.070"), ("5.5", "0.055"), ("0", "0")])
def test_form_of_product_takes_tax_rate_in_percent(
    admin_client: Client, page: str, percent: str, rate: str
) -> None:
    form = posting(admin_client, page)
    assert form.fields["tax_rate"] == ["19"]

    assert admin_client.post(page, form.filled(tax_rate=percent)).status_code == 302

    assert Product.objects.get().tax_rate == Decimal(rate)


@pytest.mark.parametrize(
    "wrong", ["0.19", "0.2", "0.20", "1e99999999999999999", "100.1", "-1", "1e999", "sNaN", "much"]
)
def test_form_of_product_refuses_tax_rate_that_is_no_percent(
    admin_client: Client, page: str, wrong: str
) -> None:
    form = posting(admin_client, page)

    answer = admin_client.post(page, form.filled(tax_rate=wrong))

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors.keys() == {"tax_rate"}
    assert Product.objects.get().tax_rate == Decimal("0.190")


def test_form_of_product_names_what_is_missing(admin_client: Client, page: str) -> None:
    answer = admin_client.post(page, posting(admin_client, page).filled(name="", tax_rate=""))

    assert answer.context["adminform"].form.errors == {
        "name": ["Enter the name."],
        "tax_rate": ["Enter the tax rate in percent."],
    }


@pytest.mark.parametrize(
    ("currency", "least", "price"),
    [("EUR", "0.01", "-3"), ("EUR", "0.01", "0.001"), ("JPY", "1", "0")],
)
def test_form_of_product_names_currency_and_least_price(
    admin_client: Client, page: str, settings: Any, currency: str, least: str, price: str
) -> None:
    settings.CURRENCY = currency
    Product.objects.update(unit_price=9)
    shown = admin_client.get(page).content.decode()
    assert f"Unit price in {currency}, with tax" in shown
    assert f'step="{least}"' in shown

    answer = admin_client.post(page, posting(admin_client, page).filled(unit_price=price))

    assert answer.context["adminform"].form.errors == {
        "unit_price": [f"Enter a price of {least} {currency} or more."]
    }
