"""Stock items, reservations, and a movement for every change of either."""

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


class StockItem(models.Model):
    """The pieces of one SKU on hand and reserved. Only `services` changes them."""

    sku = models.CharField("SKU", max_length=32, unique=True)
    on_hand = models.IntegerField(default=0, help_text="Pieces in the warehouse.")
    reserved = models.IntegerField(default=0, help_text="Of these, pieces promised to orders.")
    low_at = models.PositiveIntegerField(
        "low at", default=5, help_text="Shown as low when no more than this many are available."
    )

    class Meta:
        verbose_name = "stock item"
        ordering = ["sku"]
        permissions = [("book_stock", "Can receive and correct stock")]
        constraints = [
            models.CheckConstraint(
                condition=Q(on_hand__gte=0), name="inventory_on_hand_not_below_0"
            ),
            models.CheckConstraint(
                condition=Q(reserved__gte=0), name="inventory_reserved_not_below_0"
            ),
        ]

    def __str__(self) -> str:
        return self.sku

    @property
    def available(self) -> int:
        """Pieces that can still be reserved; below zero if more are reserved than on hand.

        That happens if the goods of a cancelled order had left before the cancellation arrived:
        their reservation was released, and another order may have it.
        """
        return self.on_hand - self.reserved


AVAILABLE = F("on_hand") - F("reserved")
"""`StockItem.available` for queries."""


class Answer(models.Model):
    """Whether the stock was reserved for an order. Unique: the stock answers an order once."""

    number = models.CharField("order", max_length=32, unique=True)
    granted = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"{self.number} {'granted' if self.granted else 'rejected'}"


class Reservation(models.Model):
    """Pieces of one SKU reserved for one order."""

    class State(models.TextChoices):
        RESERVED = "reserved"
        RELEASED = "released"
        CONSUMED = "consumed"

    number = models.CharField("order", max_length=32)
    item = models.ForeignKey(StockItem, models.PROTECT, related_name="reservations")
    quantity = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.RESERVED)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "item"], name="inventory_reservation_once_per_order_and_sku"
            ),
            models.CheckConstraint(
                condition=Q(quantity__gt=0), name="inventory_reservation_above_0"
            ),
        ]
        indexes = [
            models.Index(
                fields=["item"], name="inventory_open_reservations", condition=Q(state="reserved")
            )
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.quantity} ({self.state})"

    @property
    def is_open(self) -> bool:
        """The pieces are still held: neither released nor consumed."""
        return self.state == self.State.RESERVED


class Movement(models.Model):
    """One change of a stock item, never deleted. An item's movements add up to its numbers."""

    class Kind(models.TextChoices):
        RECEIVED = "received"
        CORRECTED = "corrected"
        RESERVED = "reserved"
        RELEASED = "released"
        DISPATCHED = "dispatched"

    item = models.ForeignKey(StockItem, models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=10, choices=Kind)
    on_hand = models.IntegerField("on hand", help_text="Change of the pieces on hand.")
    reserved = models.IntegerField(help_text="Change of the pieces reserved.")
    number = models.CharField("order", max_length=32, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    who = models.CharField(max_length=150, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["number", "item", "kind"],
                condition=~Q(number=""),
                name="inventory_movement_once_per_order_and_kind",
            ),
            models.CheckConstraint(
                condition=~Q(number="", reason=""), name="inventory_movement_has_a_cause"
            ),
        ]
        indexes = [
            # SQLite cannot use the constraint's index for a lookup by number: it is partial.
            models.Index(fields=["number"], name="inventory_movement_number"),
            models.Index(fields=["at"], name="inventory_movement_at"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number or self.reason}"
