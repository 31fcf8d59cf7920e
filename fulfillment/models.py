"""Shipments and their lines."""

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django_countries import countries

from shop import addresses
from shop.columns import Amount
from shop.events import Address, Customer, Line
from shop.languages import EARLIER


class Shipment(models.Model):
    """The one shipment of an order. Recipient, address and lines are frozen when it is opened.

    A cancellation that is handled first opens it as cancelled. So the row also marks a cancelled
    order, and whatever acts on a shipment locks it and checks its state.
    """

    class State(models.TextChoices):
        OPEN = "open"
        RELEASED = "released", "To pack"
        DISPATCHED = "dispatched"
        CANCELLED = "cancelled"
        TO_BE_RETURNED = "to be returned", "To be returned"

    number = models.CharField("order", max_length=32, unique=True)
    order_id = models.UUIDField()
    state = models.CharField(max_length=14, choices=State, default=State.OPEN)

    recipient = models.CharField(max_length=200)
    email = models.EmailField()
    line1 = models.CharField("address", max_length=200)
    line2 = models.CharField("second line", max_length=200, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=100, blank=True)
    region = models.CharField(max_length=80, blank=True, default="")
    country = models.CharField(max_length=2)
    language = models.CharField(max_length=10, default=EARLIER, db_default=EARLIER)

    carrier = models.CharField(max_length=40, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)

    opened_at = models.DateTimeField(default=timezone.now)
    telling_at = models.DateTimeField(
        "warehouse first told", null=True, help_text="From now on the warehouse may know of it."
    )
    telling_until = models.DateTimeField(
        null=True, help_text="Until then a release may be on its way to the warehouse."
    )
    released_at = models.DateTimeField(null=True)
    dispatched_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    recalled_at = models.DateTimeField(null=True, help_text="The warehouse was told to keep it.")
    returned_at = models.DateTimeField(null=True, help_text="The goods are back.")

    class Meta:
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("dispatch_shipment", "Can dispatch shipments and take them back")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["dispatched", "to be returned"])
                | (Q(dispatched_at__isnull=False) & ~Q(tracking_number="") & ~Q(carrier="")),
                name="fulfillment_what_has_left_can_be_tracked",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["released", "dispatched", "to be returned"])
                | Q(released_at__isnull=False),
                name="fulfillment_nothing_leaves_before_its_release",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["cancelled", "to be returned"])
                | Q(cancelled_at__isnull=True),
                name="fulfillment_a_cancellation_is_never_forgotten",
            ),
        ]
        indexes = [
            models.Index(
                fields=["released_at", "id"],
                name="fulfillment_to_pack",
                condition=Q(state="released"),
            ),
            models.Index(
                fields=["cancelled_at", "id"],
                name="fulfillment_to_be_returned",
                condition=Q(state="to be returned", returned_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} ({self.state})"

    @property
    def address(self) -> Address:
        return Address.of(self)

    @property
    def label(self) -> list[str]:
        """The parcel's label in the country's order of lines, the country's name last."""
        country = countries.name(self.country) or self.country
        return [*addresses.lines(self.address, self.recipient), country.upper()]

    @property
    def customer(self) -> Customer:
        """The recipient as in events. Personal data."""
        return Customer(
            email=self.email,
            name=self.recipient,
            address=self.address,
            language=self.language,
        )


class ShipmentLine(models.Model):
    """One line of the order in the shipment. Amounts are as in the order's event."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    sku = models.CharField("SKU", max_length=32)
    name = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField()
    unit_price = Amount(max_digits=15)
    tax_rate = models.DecimalField(max_digits=4, decimal_places=3)
    net = Amount(max_digits=15)
    tax = Amount(max_digits=15)
    total = Amount(max_digits=15)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["shipment", "position"], name="fulfillment_line_once_per_position"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.name}"

    def as_event(self) -> Line:
        return Line(**{name: getattr(self, name) for name in Line.__struct_fields__})


class PackingBoard(Shipment):
    """The shipments that need staff, as a page of the admin."""

    class Meta:
        proxy = True
        default_permissions = []
        verbose_name_plural = "packing board"
