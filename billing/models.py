"""Documents, and the counters of their numbers."""

from functools import cached_property

import msgspec
from django.db import models
from django.db.models import Q

from billing.document import Document, Seller, TaxSum
from shop.columns import Amount, LinkHash
from shop.events import Customer, Line


class Series(models.Model):
    """The last number of one series and year; its row is the lock of the series."""

    prefix = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["-year", "prefix"]
        verbose_name_plural = "series"
        constraints = [
            models.UniqueConstraint(fields=["prefix", "year"], name="billing_one_counter_a_year")
        ]

    def __str__(self) -> str:
        return f"{self.prefix}-{self.year}"


class DocumentFolder(models.Model):
    """The one row that says which documents' folder belongs to this database (`billing.folder`)."""

    THE_ROW = 1

    identity = models.UUIDField(editable=False, help_text="The same stands in the folder.")

    def __str__(self) -> str:
        return str(self.identity)


class Invoice(models.Model):
    """An invoice or a credit note: numbered and frozen at once, issued when its PDF is stored.

    The database refuses to delete it and to change what is frozen (`billing.immutable`); only the
    fields of its file are filled in later, once. Section 14b UStG has it kept for eight years; if
    its buyer is forgotten before, its processing is restricted (GDPR, article 18): the customer's
    link does not open it any more, nor staff without a permission of their own.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit note", "Credit note"

    kind = models.CharField(max_length=12, choices=Kind)
    number = models.CharField(max_length=24, unique=True)
    series = models.CharField(max_length=8)
    year = models.PositiveSmallIntegerField()
    sequence = models.PositiveIntegerField()
    order_number = models.CharField("order", max_length=32)
    order_id = models.UUIDField("order's public id")
    link_hash = LinkHash(of="order_id", db_index=True)
    """The hash by which the customer's link finds it; not part of the document, so not frozen."""
    ordered_on = models.DateField()
    issued_on = models.DateField(db_index=True)
    seller = models.JSONField()
    buyer = models.JSONField()
    lines = models.JSONField()
    taxes = models.JSONField("tax per rate")
    net = Amount(max_digits=17)
    tax = Amount(max_digits=17)
    total = Amount(max_digits=17)
    currency = models.CharField(max_length=3)
    payment_terms = models.TextField()
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    storage_name = models.CharField(max_length=100, blank=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    drawn_at = models.DateTimeField(null=True, blank=True)
    restricted_at = models.DateTimeField(
        null=True, editable=False, help_text="Its buyer was forgotten; kept for the tax office."
    )

    class Meta:
        ordering = ["-id"]
        permissions = [("view_restricted", "Can view invoices of forgotten customers")]
        constraints = [
            models.UniqueConstraint(
                fields=["order_number", "kind"], name="billing_one_of_a_kind_per_order"
            ),
            models.UniqueConstraint(
                fields=["series", "year", "sequence"], name="billing_a_number_is_given_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects__isnull=True)
                | Q(kind="credit note", corrects__isnull=False),
                name="billing_a_credit_note_corrects_an_invoice",
            ),
            models.CheckConstraint(
                condition=Q(storage_name="", sha256="", drawn_at__isnull=True)
                | (~Q(storage_name="") & ~Q(sha256="") & Q(drawn_at__isnull=False)),
                name="billing_a_drawn_document_is_stored",
            ),
            models.CheckConstraint(
                condition=Q(net__gte=0, tax__gte=0, total__gte=0),
                name="billing_amounts_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @cached_property
    def customer(self) -> Customer:
        """The buyer as the order named them."""
        return msgspec.convert(self.buyer, Customer)

    def document(self) -> Document:
        """The frozen content."""
        return Document(
            kind=self.kind,
            number=self.number,
            order_number=self.order_number,
            ordered_on=self.ordered_on,
            issued_on=self.issued_on,
            corrects=self.corrects.number if self.corrects else "",
            corrects_issued_on=self.corrects.issued_on if self.corrects else None,
            seller=msgspec.convert(self.seller, Seller),
            buyer=self.customer,
            lines=msgspec.convert(self.lines, tuple[Line, ...]),
            taxes=msgspec.convert(self.taxes, tuple[TaxSum, ...]),
            net=self.net,
            tax=self.tax,
            total=self.total,
            currency=self.currency,
            payment_terms=self.payment_terms,
        )
