"""Available pieces, and rows that differ from the movements, which are the source of truth."""

from collections.abc import Collection

from django.db import connection
from django.db.models import (
    Case,
    CharField,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce

from bus.store.database import db
from inventory.models import AVAILABLE, Movement, Reservation, StockItem
from shop.models import Product

Kind, State = Movement.Kind, Reservation.State

FREE = f"SELECT sku, on_hand - reserved FROM inventory_stockitem WHERE sku {db.among_texts}"  # noqa: S608 -- constants


def pieces_available(skus: Collection[str]) -> dict[str, int]:
    """Available pieces by SKU, 0 or more; one query, no lock. 0 for a SKU never stocked."""
    # SQL, since every checkout runs it: the ORM takes longer to build the query than the database
    # to answer it.
    with connection.cursor() as cursor:
        cursor.execute(FREE, [db.array(skus)])
        free: dict[str, int] = dict(cursor.fetchall())
    return {sku: max(free.get(sku, 0), 0) for sku in skus}


def summed_items() -> QuerySet[StockItem]:
    """Every item with the sums of its movements (`moved`, `promised`) and reservations (`held`).

    An item starts at zero, so the sums must equal its numbers.
    """
    held = Reservation.objects.filter(item=OuterRef("pk"), state=State.RESERVED)
    held = held.order_by().values("item").annotate(sum=Sum("quantity")).values("sum")
    return StockItem.objects.annotate(
        moved=Coalesce(Sum("movements__on_hand"), 0),
        promised=Coalesce(Sum("movements__reserved"), 0),
        held=Coalesce(Subquery(held), 0),
    ).order_by("sku")


def differs_from_movements() -> Q:
    """Condition on `summed_items`: the numbers are not the sums of the movements."""
    return ~Q(moved=F("on_hand")) | ~Q(promised=F("reserved"))


def unlike_movements() -> QuerySet[Movement]:
    """Reserving movements whose reservation is missing or different.

    Each has the `state` that its reservation must have.
    """
    same = Movement.objects.filter(number=OuterRef("number"), item=OuterRef("item"))
    state = Case(
        When(Exists(same.filter(kind=Kind.DISPATCHED)), then=Value(State.CONSUMED.value)),
        When(Exists(same.filter(kind=Kind.RELEASED)), then=Value(State.RELEASED.value)),
        default=Value(State.RESERVED.value),
        output_field=CharField(),
    )
    matching = Reservation.objects.filter(
        number=OuterRef("number"),
        item=OuterRef("item"),
        quantity=OuterRef("reserved"),
        state=OuterRef("state"),
    )
    movements = Movement.objects.filter(kind=Kind.RESERVED).annotate(state=state)
    return movements.filter(~Exists(matching)).order_by("id")


def without_movement() -> QuerySet[Reservation]:
    """Reservations without a movement: either the movement is lost or the reservation is wrong."""
    movement = Movement.objects.filter(
        number=OuterRef("number"), item=OuterRef("item"), kind=Kind.RESERVED
    )
    return Reservation.objects.filter(~Exists(movement)).order_by("id")


def low_items() -> QuerySet[StockItem]:
    """Items with no more than `low_at` available, the fewest first; each with `free` and `name`.

    Products that are not sold any more are left out.
    """
    product = Product.objects.filter(sku=OuterRef("sku"), active=True).values("name")
    rows = StockItem.objects.annotate(free=AVAILABLE, name=Subquery(product))
    return rows.filter(free__lte=F("low_at"), name__isnull=False).order_by("free", "sku")
