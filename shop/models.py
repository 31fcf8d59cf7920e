"""Products, submitted forms, and spent budgets."""

from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from shop.columns import Amount
from shop.money import decimal_places, rounded


class Product(models.Model):
    """A product. Its price includes the tax and is in the shop's currency."""

    sku = models.CharField(
        "SKU",
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", "Use capitals, digits and hyphens.")],
    )
    name = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    unit_price = Amount(max_digits=11, validators=[MinValueValidator(Decimal("0.001"))])
    tax_rate = models.DecimalField(
        max_digits=4,
        decimal_places=3,
        default=Decimal("0.190"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
        help_text="A fraction: 0.190 is 19 %.",
    )
    active = models.BooleanField(default=True, help_text="Only active products can be ordered.")

    class Meta:
        ordering = ["sku"]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    @property
    def currency(self) -> str:
        """The shop's currency; orders keep the currency they were placed in."""
        return str(settings.CURRENCY)

    @property
    def price(self) -> Decimal:
        """The unit price as shown and charged: rounded to the currency's minor unit."""
        return rounded(self.unit_price, self.currency)

    def clean(self) -> None:
        """Check that the price can be paid.

        Raises:
            ValidationError: it has more decimal places than the currency.
        """
        if self.unit_price is not None and self.unit_price != self.price:
            places = decimal_places(self.currency)
            raise ValidationError(
                {"unit_price": f"{self.currency} has {places} decimal places; round the price."}
            )


class Submission(models.Model):
    """A submitted form, so that submitting it again does nothing.

    Written in the transaction of its effect; kept longer than its token is valid.
    """

    key = models.CharField(max_length=32, primary_key=True, help_text="From the form's token.")
    content = models.CharField(max_length=64, help_text="SHA-256 of the fields, in hexadecimal.")
    at = models.DateTimeField(auto_now_add=True, db_index=True)
    answer = models.JSONField(null=True, help_text="What its sender was shown; null: no end yet.")

    def __str__(self) -> str:
        return f"form sent at {self.at:%Y-%m-%d %H:%M:%S}"


class Spending(models.Model):
    """What is used of a budget (`shop.spending`). The key is a hash, so it is no personal data."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.FloatField(help_text="Seconds since the epoch, from which all is free again.")

    def __str__(self) -> str:
        return self.key[:8]
