"""The demo: goods with stock, and orders that the shop accepts."""

import random

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from pytest_django.fixtures import Settings

from config.demo.catalogue import CATALOGUE, FULL, REDUCED, SCARCE
from config.demo.customers import random_order
from config.demo.seeding import seed
from inventory.models import StockItem
from shop.models import Product


def test_catalogue_has_24_goods_both_tax_rates_and_scarce_ones() -> None:
    assert len({good.sku for good in CATALOGUE}) == len(CATALOGUE) >= 24
    assert {good.tax_rate for good in CATALOGUE} == {FULL, REDUCED}
    assert 0 < len(SCARCE) < 6


@pytest.mark.django_db
def test_seeding_adds_every_good_with_its_stock() -> None:
    added = seed()

    assert len(added) == Product.objects.count() == len(CATALOGUE)
    on_hand = dict(StockItem.objects.values_list("sku", "on_hand"))
    assert on_hand == {good.sku: good.stock for good in CATALOGUE}
    for product in Product.objects.all():
        product.full_clean()


@pytest.mark.django_db
def test_seeding_again_changes_nothing(settings: Settings) -> None:
    settings.DEBUG = True
    seed()
    Product.objects.filter(sku="DESK-INK").update(unit_price="1.23")
    Product.objects.filter(sku="DESK-PEN").delete()

    call_command("seed")

    assert str(Product.objects.get(sku="DESK-INK").unit_price) == "1.23"
    assert Product.objects.count() == len(CATALOGUE)
    assert StockItem.objects.get(sku="DESK-INK").on_hand == 5000


@pytest.mark.django_db
def test_demo_goods_are_not_sold_without_debug(settings: Settings) -> None:
    with pytest.raises(CommandError, match="DEBUG is 0"):
        call_command("seed")
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_removing_demo_goods_keeps_renamed_ones() -> None:
    seed()
    Product.objects.filter(sku="DESK-INK").update(name="Our own ink")

    call_command("seed", remove=True)

    assert list(Product.objects.filter(active=True).values_list("sku", flat=True)) == ["DESK-INK"]


def test_random_orders_ask_for_known_goods_each_once() -> None:
    skus = [good.sku for good in CATALOGUE]
    chance = random.Random(7)

    orders = [random_order(skus, chance) for _ in range(500)]

    for order in orders:
        wanted = [line["sku"] for line in order["lines"]]
        assert set(wanted) <= set(skus)
        assert len(set(wanted)) == len(wanted) >= 1
    assert any(line["sku"] in SCARCE for order in orders for line in order["lines"])


def test_catalogue_of_one_good_can_be_ordered() -> None:
    order = random_order(["ONLY-ONE"], random.Random(7))

    assert [line["sku"] for line in order["lines"]] == ["ONLY-ONE"]
