"""An order: a draft until it is placed, its content frozen from then on."""

import uuid
from collections.abc import Collection, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django_countries.fields import CountryField

from orders.models.amounts import adds_up, amount_field
from shop import languages
from shop.addresses import InvalidAddress, completed
from shop.columns import LinkHash
from shop.mail.address import Unmailable, mailable
from shop.text import validate_plain

if TYPE_CHECKING:
    from orders.models.line import OrderLine

FIRST_NUMBER = 100_000


class OrderHasNoLines(ValueError):
    """An order without lines cannot be placed."""


class NotADraft(ValueError):
    """Only a draft can be placed or changed; this order is placed or cancelled."""


class State(models.TextChoices):
    DRAFT = "draft"
    PLACED = "placed"
    CANCELLED = "cancelled"


PLACE = ("postal_code", "city", "region")
PLAIN = {"validators": [validate_plain]}


class Order(models.Model):
    """What a customer ordered. Amounts are in `currency`; prices include the tax.

    The save that places it publishes `OrderPlaced` in the same transaction (`orders.signals`).
    `update()` and `bulk_create` bypass that; the audit finds orders without their event.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    link_hash = LinkHash(of="public_id", unique=True)
    number = models.CharField(max_length=20, null=True, unique=True, editable=False)  # noqa: DJ001  unique, and empty until placed
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    email = models.EmailField("e-mail", validators=[validate_plain])
    name = models.CharField(max_length=120, **PLAIN)
    line1 = models.CharField("street", max_length=120, **PLAIN)
    line2 = models.CharField("addition", max_length=120, blank=True, **PLAIN)
    postal_code = models.CharField(max_length=20, blank=True, **PLAIN)
    city = models.CharField(max_length=80, blank=True, **PLAIN)
    region = models.CharField(
        max_length=80, blank=True, default="", help_text="State, province, prefecture ...", **PLAIN
    )
    country = CountryField()
    language = models.CharField(
        max_length=10,
        choices=languages.choices,
        default=languages.EARLIER,
        db_default=languages.EARLIER,
        help_text="Of the mails and documents for the customer.",
    )
    currency = models.CharField(max_length=3, editable=False)
    net = amount_field()
    tax = amount_field()
    total = amount_field()
    created_at = models.DateTimeField(auto_now_add=True)
    placed_at = models.DateTimeField(null=True, editable=False)
    reserved_at = models.DateTimeField(null=True, editable=False)
    shipped_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    cancel_reason = models.CharField(max_length=500, blank=True, editable=False)
    rejected = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
        help_text="Cancelled because its goods were not in stock.",
    )

    forgotten_at = models.DateTimeField(
        null=True, editable=False, help_text="The customer's personal data was erased."
    )

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("place_order", "Can place orders, which sets off everything that follows"),
            ("cancel_order", "Can cancel orders"),
        ]
        indexes = [
            models.Index(fields=["placed_at"], name="orders_order_placed_at"),
            models.Index(fields=["state", "-id"], name="orders_order_state"),
            models.Index(fields=["email"], name="orders_order_email"),
        ]
        constraints = [
            adds_up("orders_order_adds_up"),
            models.CheckConstraint(
                name="orders_order_numbered_once_placed",
                condition=Q(state=State.DRAFT, number=None, placed_at=None)
                | (~Q(state=State.DRAFT) & Q(number__isnull=False, placed_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="orders_order_forgotten_is_blank",
                condition=Q(forgotten_at=None)
                | Q(email="", name="", line1="", line2="", postal_code="", city="", region=""),
            ),
            models.CheckConstraint(
                name="orders_order_cancelled_at_an_instant",
                condition=Q(state=State.CANCELLED, cancelled_at__isnull=False)
                | (~Q(state=State.CANCELLED) & Q(cancelled_at=None)),
            ),
        ]

    loaded_state: str | None = None
    """The state of its row when it was last read or written; None for a new order."""

    def __str__(self) -> str:
        return self.number or f"draft {self.pk or 'not saved'}"

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Write the row, and publish `OrderPlaced` if this save places the order: both or neither.

        Raises:
            OrderHasNoLines: it is placed without being saved as a draft first.
            NotADraft: it is placed after it was cancelled.
        """
        fields = None if update_fields is None else set(update_fields)
        # Django opens no transaction around `post_save`. No savepoint: a caller that catches an
        # error of this inside its own transaction must not be able to commit the rest.
        with transaction.atomic(savepoint=False):
            if self.is_placing_save(fields):
                fields = self._become_placed(fields)
            self.currency = self.currency or settings.CURRENCY
            super().save(update_fields=fields, **options)
        if fields is None or "state" in fields:
            self.loaded_state = self.state

    def clean(self) -> None:
        """Check and normalize e-mail and address as a checkout does.

        Raises:
            ValidationError: by field; see `shop.mail.mailable` and `shop.addresses.completed`.
        """
        # An empty value has been refused by its own field.
        errors = {}
        if self.email:
            try:
                self.email = mailable(self.email)
            except Unmailable as error:
                errors["email"] = f"Not an e-mail address: {error}"
        if self.country:
            place = {name: getattr(self, name) for name in PLACE}
            try:
                parts = completed(place | {"country": str(self.country)})
            except InvalidAddress as error:
                errors |= error.errors
            else:
                self.postal_code, self.city, self.region = (parts[name] for name in PLACE)
        if errors:
            raise ValidationError(dict(errors))

    @property
    def cancellable(self) -> bool:
        return self.state == State.PLACED and self.shipped_at is None

    @cached_property
    def frozen_lines(self) -> "list[OrderLine]":
        """Its lines by id, read once; a service that has just written them sets it."""
        return list(self.lines.order_by("id"))

    def is_placing_save(self, update_fields: Collection[str] | None) -> bool:
        """Whether a save of these fields (None: all) is the one that places the order."""
        return (
            self.state == State.PLACED
            and self.loaded_state != State.PLACED
            and (update_fields is None or "state" in update_fields)
        )

    def _become_placed(self, fields: set[str] | None) -> set[str] | None:
        if self.pk is None:
            raise OrderHasNoLines("Save the order as a draft with its lines, then place it.")
        if self.loaded_state == State.CANCELLED:
            raise NotADraft(f"Order {self.number} was cancelled and cannot be placed again.")
        self.number = self.number or f"SO-{FIRST_NUMBER + self.pk}"
        self.placed_at = self.placed_at or timezone.now()
        return None if fields is None else fields | {"number", "placed_at"}

    @classmethod
    def from_db(cls, db: str | None, field_names: Collection[str], values: Collection[Any]) -> Self:
        order = super().from_db(db, field_names, values)
        order.loaded_state = order.__dict__.get("state")
        return order

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        super().refresh_from_db(*args, **options)
        self.loaded_state = self.__dict__.get("state")
        self.__dict__.pop("frozen_lines", None)
