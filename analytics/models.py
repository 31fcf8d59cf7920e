"""The shop's figures per minute, per day, and per product and day."""

from typing import ClassVar

from django.db import models

from analytics.fields import AmountField


def currency_field() -> models.CharField:
    return models.CharField(
        max_length=3, blank=True, help_text="Empty for what is counted without an amount."
    )


class ShopFigures(models.Model):
    """Counters of one span of time and one currency. They only grow.

    A cancellation counts in the span in which it was made and does not change the sale's, so a
    closed day never changes. Each order counts in its own currency; rejections and dispatches have
    no amount and count in the row without a currency.
    """

    counters: ClassVar = (
        "orders",
        "units",
        "revenue",
        "net",
        "cancelled",
        "reversed_revenue",
        "rejected",
        "dispatched",
    )
    labels: ClassVar[tuple[str, ...]] = ()

    orders = models.PositiveBigIntegerField(default=0)
    units = models.PositiveBigIntegerField(default=0)
    revenue = AmountField(default=0, help_text="What customers pay, tax included.")
    net = AmountField(default=0, help_text="The revenue without its tax.")
    cancelled = models.PositiveBigIntegerField(default=0, help_text="Orders.")
    reversed_revenue = AmountField(default=0, help_text="Of the cancelled orders, tax included.")
    rejected = models.PositiveBigIntegerField(default=0, help_text="Orders short of stock.")
    dispatched = models.PositiveBigIntegerField(default=0, help_text="Orders.")

    class Meta:
        abstract = True


class MinuteFigures(ShopFigures):
    key: ClassVar = ("minute", "currency")

    minute = models.DateTimeField("minute (UTC)", help_text="Its first instant.")
    currency = currency_field()

    class Meta:
        ordering = ["-minute", "currency"]
        verbose_name_plural = "figures per minute"
        constraints = [
            models.UniqueConstraint(fields=["minute", "currency"], name="one_row_per_minute"),
        ]

    def __str__(self) -> str:
        return f"{self.minute:%Y-%m-%d %H:%M} UTC {self.currency}".strip()


class DayFigures(ShopFigures):
    key: ClassVar = ("day", "currency")

    day = models.DateField(help_text="In the shop's time zone.")
    currency = currency_field()

    class Meta:
        ordering = ["-day", "currency"]
        verbose_name_plural = "figures per day"
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="one_row_per_day")]

    def __str__(self) -> str:
        return f"{self.day.isoformat()} {self.currency}".strip()


class ProductFigures(models.Model):
    """The sales of one product on one day of the shop's time zone, in one currency."""

    key: ClassVar = ("day", "sku", "currency")
    labels: ClassVar = ("name",)
    counters: ClassVar = ("units", "revenue", "cancelled_units", "reversed_revenue")

    day = models.DateField()
    sku = models.CharField("SKU", max_length=32)
    currency = models.CharField(max_length=3)
    name = models.CharField(max_length=120, help_text="As it was last sold on that day.")
    units = models.PositiveBigIntegerField(default=0)
    revenue = AmountField(default=0, help_text="Tax included.")
    cancelled_units = models.PositiveBigIntegerField(default=0)
    reversed_revenue = AmountField(default=0, help_text="Of the cancelled units, tax included.")

    class Meta:
        ordering = ["-day", "currency", "-revenue", "sku"]
        verbose_name_plural = "figures per product"
        constraints = [
            models.UniqueConstraint(
                fields=["day", "sku", "currency"], name="one_row_per_product_and_day"
            ),
        ]
        indexes = [
            models.Index(fields=["day", "currency", "-revenue"], name="analytics_top_products")
        ]

    def __str__(self) -> str:
        return f"{self.sku} on {self.day} in {self.currency}"


class CountedEvent(models.Model):
    """An event that is in the figures: one row, however often it was delivered."""

    number = models.CharField(max_length=32, help_text="The order's number.")
    kind = models.CharField(max_length=40, help_text="The event's name.")

    class Meta:
        # The table keeps its older name, so that workers of two releases can run side by side.
        db_table = "analytics_countedfact"
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="a_fact_counts_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.number}"


class Correction(models.Model):
    """Figures that `rebuild_figures` found wrong and corrected.

    The sequence has no gaps: a correction takes the number after the last one it read, so only one
    of two rebuilds that found the same differences can correct them.
    """

    sequence = models.PositiveIntegerField(unique=True)
    at = models.DateTimeField(auto_now_add=True)
    count = models.PositiveIntegerField("counters put right")
    differences = models.JSONField(help_text="The first thousand of them.")

    class Meta:
        ordering = ["-sequence"]

    def __str__(self) -> str:
        return f"Correction {self.sequence}"


FIGURES: tuple[type[MinuteFigures] | type[DayFigures] | type[ProductFigures], ...] = (
    MinuteFigures,
    DayFigures,
    ProductFigures,
)
"""Every table of figures, in the order in which their rows are locked."""
