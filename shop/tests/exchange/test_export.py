"""Export of products: what stands in the file, and who may have how much."""

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from shop.exchange import admin
from shop.models import Product

pytestmark = pytest.mark.django_db

PAGE = "/admin/shop/product/import/"


def test_export_can_be_imported(admin_client: Client) -> None:
    Product.objects.create(
        sku="CUP-1", name="=1+1", unit_price="5.00", description="'-x;\t=1|@a, +b", active=False
    )

    for kind in ("csv", "xlsx"):
        answer = admin_client.post("/admin/shop/product/export/", {"format": kind})
        again = SimpleUploadedFile(f"again.{kind}", answer.content)
        preview = admin_client.post(PAGE, {"file": again})
        assert preview.context["unchanged"] == 1, kind


def test_export_follows_search_and_filters(admin_client: Client) -> None:
    Product.objects.create(sku="CUP-1", name="Cup", unit_price="5.00")
    Product.objects.create(sku="POT-1", name="Pot", unit_price="5.00", active=False)

    page = admin_client.get("/admin/shop/product/?q=cup")
    answer = admin_client.post("/admin/shop/product/export/?q=cup", {"format": "csv"})

    assert "/admin/shop/product/export/?q=cup" in page.content.decode()
    assert b"CUP-1" in answer.content
    assert b"POT-1" not in answer.content
    assert answer["Content-Disposition"].startswith('attachment; filename="products-')
    assert LogEntry.objects.get().change_message == "Exported 1 rows as csv."


def test_export_of_too_many_rows_is_refused(
    admin_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admin, "MOST_EXPORTED", 0)
    Product.objects.create(sku="CUP-1", name="Cup", unit_price="5.00")

    answer = admin_client.post("/admin/shop/product/export/", {"format": "csv"})

    assert "Filter the list first" in answer.content.decode()


@pytest.mark.parametrize("query", ["active__exact=maybe", "nothing=1", "unit_price__gte=x"])
def test_export_with_a_strange_filter_is_refused(admin_client: Client, query: str) -> None:
    answer = admin_client.get(f"/admin/shop/product/export/?{query}")

    assert answer.status_code in (302, 400)
