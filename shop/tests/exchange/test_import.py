"""Import of products: preview, errors by row, all or nothing, as shown in the preview."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.exchange import admin
from shop.models import Category, Product
from shop.resources import ProductResource
from shop.submissions import FIELD, new_token

pytestmark = pytest.mark.django_db

PAGE = "/admin/shop/product/import/"
HEADING = "sku,name,unit_price,tax_rate,active"


def file(*rows: str, heading: str = HEADING, name: str = "goods.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, "\n".join([heading, *rows]).encode())


def upload(client: Client, *rows: str, **how: str) -> Any:
    answer = client.post(PAGE, {FIELD: new_token(), "file": file(*rows, **how)})
    assert answer.status_code == 200
    return answer


def confirm(client: Client, preview: Any, token: str = "", end: str = "") -> Any:
    carried = preview.context["carried"] + end
    fields = {FIELD: token or new_token(), "carried": carried}
    return client.post(PAGE, fields, follow=True)


def row(number: int, **other: str) -> str:
    values = {"name": f"Cup {number}", "price": "9.90", "rate": "0.190", "active": "yes"} | other
    return ",".join([f"CUP-{number}", *values.values()])


def test_two_bad_rows_of_a_hundred_are_named_and_nothing_is_written(admin_client: Client) -> None:
    rows = [row(number) for number in range(100)]
    rows[7] = row(7, price="cheap")
    rows[56] = row(56, name="", rate="19")

    page = upload(admin_client, *rows)

    assert page.context["count"] == 2
    assert [(line, sku) for line, sku, _ in page.context["faults"]] == [
        (9, "CUP-7"),
        (58, "CUP-56"),
    ]
    said = page.content.decode()
    assert "is no number" in said
    assert "name: This field cannot be blank." in said
    assert "is no rate; write 0.19 for 19 %." in said
    assert "carried" not in page.context
    assert not Product.objects.exists()


@pytest.mark.parametrize("rate", ["19", "19 %", "-0.1", "0.1905"])
def test_wrong_numbers_are_refused_with_a_sentence_each(admin_client: Client, rate: str) -> None:
    page = upload(admin_client, row(1, price="-3", rate=rate))

    [(_line, _sku, sentences)] = page.context["faults"]
    assert sentences == [
        "unit_price: Enter a price of 0.01 EUR or more.",
        f"tax_rate: {rate!r} is no rate; write 0.19 for 19 %.",
    ]


def test_confirmed_import_is_written_and_logged(admin_client: Client) -> None:
    Product.objects.create(sku="CUP-1", name="Old", unit_price="5.00", description="Blue")
    Product.objects.create(sku="CUP-2", name="Cup 2", unit_price="9.90")

    preview = upload(admin_client, row(1), row(2), row(3))
    shown = {name: preview.context[name] for name in ("new", "updated", "unchanged")}
    written_before = Product.objects.count()
    page = confirm(admin_client, preview)

    assert shown == {"new": 1, "updated": 1, "unchanged": 1}
    assert written_before == 2
    assert "1 new, 1 changed, 1 as before" in page.content.decode()
    changed = Product.objects.get(sku="CUP-1")
    assert (changed.name, changed.unit_price) == ("Cup 1", Decimal("9.90"))
    assert changed.description == "Blue"
    entries = LogEntry.objects.values_list("object_repr", "change_message")
    assert set(entries) == {
        ("CUP-1 Cup 1", "Imported from goods.csv."),
        ("CUP-3 Cup 3", "Imported from goods.csv."),
    }


def test_preview_shows_old_and_new_values(admin_client: Client) -> None:
    Product.objects.create(sku="CUP-1", name="Old <b>", unit_price="9.90", tax_rate="0.190")

    said = upload(admin_client, row(1, rate="0.19")).content.decode()

    assert "<del>Old &lt;b&gt;</del> <ins>Cup 1</ins>" in said
    assert said.count("<ins>") == 1


def test_confirming_twice_imports_once(admin_client: Client) -> None:
    preview, token = upload(admin_client, row(1)), new_token()
    confirm(admin_client, preview, token)
    Product.objects.update(name="Renamed since")

    page = confirm(admin_client, preview, token)

    assert "This form was sent before" in page.content.decode()
    assert Product.objects.get().name == "Renamed since"
    assert LogEntry.objects.count() == 1


def test_row_changed_since_the_preview_is_shown_again(admin_client: Client) -> None:
    product = Product.objects.create(sku="CUP-1", name="Old", unit_price="5.00")
    preview = upload(admin_client, row(1), row(2))
    Product.objects.filter(pk=product.pk).update(unit_price="7.00")

    page = confirm(admin_client, preview)

    assert "changed since the preview" in page.content.decode()
    assert Product.objects.get().unit_price == Decimal("7.00")
    confirm(admin_client, page)
    assert Product.objects.get(sku="CUP-1").unit_price == Decimal("9.90")


def test_table_without_a_second_preview_is_refused(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = Product.objects.create(sku="CUP-1", name="Old", unit_price="5.00")
    preview = upload(admin_client, row(1))
    Product.objects.filter(pk=product.pk).update(unit_price="7.00")
    monkeypatch.setattr(admin, "MOST_CARRIED", 100)

    page = confirm(admin_client, preview)

    assert "no new preview. The file has too much text" in page.content.decode()
    assert Product.objects.get().unit_price == Decimal("7.00")


def test_row_added_by_another_while_importing_is_shown_again(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    preview = upload(admin_client, row(1), row(2))
    bring_in = ProductResource.bring_in

    def meet_another(self: ProductResource, *how: Any, dry_run: bool) -> Any:
        if not dry_run:
            Product.objects.create(sku="CUP-1", name="Another's", unit_price="1.00")
            raise IntegrityError("UNIQUE constraint failed: shop_product.sku")
        return bring_in(self, *how, dry_run=dry_run)

    monkeypatch.setattr(ProductResource, "bring_in", meet_another)
    page = confirm(admin_client, preview)

    assert "changed since the preview" in page.content.decode()
    assert not Product.objects.exists()


def test_category_is_named_by_its_slug_or_name(admin_client: Client) -> None:
    cups = Category.objects.create(name="Cups", slug="cups")
    heading = "sku,name,unit_price,category"

    refused = upload(admin_client, "CUP-1,Cup,9.90,caps", heading=heading)
    rows = ["CUP-1,Cup,9.90,cups", "CUP-2,Cup,9.90,Cups"]
    confirm(admin_client, upload(admin_client, *rows, heading=heading))

    assert "There is no category" in refused.content.decode()
    assert "there are: cups." in refused.content.decode()
    assert {product.category for product in Product.objects.all()} == {cups}
    assert Product.objects.count() == 2


@pytest.mark.parametrize(
    ("rows", "heading", "refusal"),
    [
        ([row(1), row(1)], HEADING, "more than one row: CUP-1"),
        (["CUP-1,x"], "sku,colour", "Unknown columns: colour"),
        (["x"], "name", "sku is missing"),
        ([], HEADING, "no rows"),
    ],
)
def test_table_with_wrong_columns_is_refused(
    admin_client: Client, rows: list[str], heading: str, refusal: str
) -> None:
    assert refusal in upload(admin_client, *rows, heading=heading).content.decode()


@pytest.mark.parametrize(
    "price",
    ["1e9", "1E999999", "NaN", "Infinity", "9,90", "0x10", "99999999999", "-1", "", "9.999"],
)
def test_impossible_price_is_refused_by_row(admin_client: Client, price: str) -> None:
    page = upload(admin_client, row(1, price=f'"{price}"'), row(2))

    assert [(line, sku) for line, sku, _ in page.context["faults"]] == [(2, "CUP-1")]


def test_preview_of_another_user_is_no_good(admin_client: Client) -> None:
    preview = upload(admin_client, row(1))
    other = Client()
    other.force_login(User.objects.create_superuser("bea"))

    page = confirm(other, preview)

    assert "Nothing was imported" in page.content.decode()
    assert not Product.objects.exists()


def test_changed_preview_is_no_good(admin_client: Client) -> None:
    confirm(admin_client, upload(admin_client, row(1)), end="x")

    assert not Product.objects.exists()


@pytest.mark.parametrize("missing", ["add_product", "change_product"])
def test_import_needs_to_add_and_to_change(missing: str) -> None:
    user = User.objects.create_user("eve", is_staff=True)
    may = Permission.objects.filter(content_type__app_label="shop", content_type__model="product")
    user.user_permissions.set(may.exclude(codename=missing))
    browser = Client()
    browser.force_login(user)

    assert browser.get(PAGE).status_code == 403
    assert browser.post(PAGE, {"carried": "x"}).status_code == 403
    assert PAGE not in browser.get("/admin/shop/product/").content.decode()


def test_table_that_is_too_large_to_carry_is_refused(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "MOST_CARRIED", 100)

    assert "split it" in upload(admin_client, row(1)).content.decode()


def test_queries_of_preview_grow_by_few_for_each_row(admin_client: Client) -> None:
    costs = []
    for count in (10, 20):
        with CaptureQueriesContext(connection) as queries:
            upload(admin_client, *[row(number) for number in range(count)])
        costs.append(len(queries))

    assert (costs[1] - costs[0]) / 10 <= 5
