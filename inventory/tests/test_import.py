"""Import of the stock: each difference is a movement, by the services of inventory."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from inventory.models import Movement, StockItem
from inventory.services import receive_stock
from shop.models import Product
from shop.submissions import FIELD, new_token

pytestmark = pytest.mark.django_db

PAGE = "/admin/inventory/stockitem/import/"


@pytest.fixture(autouse=True)
def goods() -> None:
    for sku in ("CUP", "POT", "PAN"):
        Product.objects.create(sku=sku, name=f"A {sku}", unit_price="9.90")
    receive_stock("CUP", 10, "delivery note")
    receive_stock("POT", 4, "delivery note")


def upload(client: Client, *rows: str, heading: str = "sku,on_hand") -> Any:
    content = "\n".join([heading, *rows]).encode()
    return client.post(PAGE, {FIELD: new_token(), "file": SimpleUploadedFile("count.csv", content)})


def confirm(client: Client, preview: Any) -> Any:
    fields = {FIELD: new_token(), "carried": preview.context["carried"]}
    return client.post(PAGE, fields, follow=True)


def test_count_is_booked_as_correction_and_delivery(admin_client: Client) -> None:
    preview = upload(admin_client, "CUP,7", "POT,4", "PAN,5")
    before = Movement.objects.count()
    confirm(admin_client, preview)

    assert before == 2
    assert dict(StockItem.objects.values_list("sku", "on_hand")) == {"CUP": 7, "POT": 4, "PAN": 5}
    booked = Movement.objects.filter(reason="Import of count.csv").values_list(
        "item__sku", "kind", "on_hand", "who"
    )
    assert set(booked) == {("CUP", "corrected", -3, "admin"), ("PAN", "received", 5, "admin")}


def test_low_at_is_changed_without_a_movement(admin_client: Client) -> None:
    confirm(admin_client, upload(admin_client, "CUP,20", heading="sku,low_at"))

    item = StockItem.objects.get(sku="CUP")
    assert (item.low_at, item.on_hand) == (20, 10)
    assert Movement.objects.count() == 2


def test_dispatch_since_the_preview_is_not_overwritten(admin_client: Client) -> None:
    preview = upload(admin_client, "CUP,7")
    receive_stock("CUP", 100, "another delivery")

    page = confirm(admin_client, preview)

    assert "changed since the preview" in page.content.decode()
    assert StockItem.objects.get(sku="CUP").on_hand == 110


@pytest.mark.parametrize(
    ("rows", "refusal"),
    [
        (["CUP,-1"], "is below 0"),
        (["CUP,1.5"], "no whole number"),
        (["CUP,"], "on_hand: This field cannot be null"),
        (["CUP,2000000"], "is not 0 to 1000000 pieces"),
        (["PAN,0"], "0 is not 1 to"),
        (["JAR,5"], "There is no product JAR"),
    ],
)
def test_impossible_count_is_refused_by_row(
    admin_client: Client, rows: list[str], refusal: str
) -> None:
    page = upload(admin_client, "POT,9", *rows)

    assert refusal in page.content.decode()
    assert page.context["count"] == 1
    assert StockItem.objects.get(sku="POT").on_hand == 4


def test_exported_columns_that_cannot_change_are_ignored(admin_client: Client) -> None:
    file = admin_client.post("/admin/inventory/stockitem/export/", {"format": "csv"})

    preview = upload(admin_client, "CUP,3,9", heading="sku,reserved,on_hand")
    confirm(admin_client, preview)

    assert file.content.decode("utf-8-sig").splitlines() == [
        "sku,on_hand,low_at,reserved,available", "CUP,10,5,0,10", "POT,4,5,0,4",
    ]  # fmt: skip
    assert preview.context["columns"] == ["sku", "on_hand", "low_at"]
    item = StockItem.objects.get(sku="CUP")
    assert (item.on_hand, item.reserved) == (9, 0)


def test_queries_of_import_do_not_grow_with_bookings(admin_client: Client) -> None:
    def cost(first: int, count: int) -> int:
        rows = [f"JAR-{number},5" for number in range(first, first + count)]
        Product.objects.bulk_create(
            Product(sku=row.split(",")[0], name="A jar", unit_price="9.90") for row in rows
        )
        preview = upload(admin_client, *rows)
        with CaptureQueriesContext(connection) as queries:
            confirm(admin_client, preview)
        saved = [one for one in queries if "SAVEPOINT" not in one["sql"]]
        return len(saved)

    assert cost(0, 2) == cost(100, 50)
