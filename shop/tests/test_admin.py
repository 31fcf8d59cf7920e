"""Products in the admin: their pictures."""

from io import BytesIO

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

    page = admin_client.get("/admin/shop/product/").content.decode()

    assert "7 %" in page
    assert 'tax_rate">0.070' not in page
