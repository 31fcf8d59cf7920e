"""Products with their categories and pictures, legal texts, submitted forms, spent budgets."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from shop.columns import Amount, Folded
from shop.drawings import drawing_url
from shop.money import decimal_places, minor_unit, rounded

LONGEST_NAME = 120


def least_price() -> str:
    """What is said of a price below the least amount of the shop's currency."""
    return f"Enter a price of {minor_unit(settings.CURRENCY)} {settings.CURRENCY} or more."


class Category(models.Model):
    """What customers look for products under; in the order of `position`."""

    name = models.CharField(max_length=60, unique=True)
    slug = models.SlugField(
        max_length=60, unique=True, help_text="Its name in addresses: small letters and hyphens."
    )
    position = models.PositiveSmallIntegerField(default=0, help_text="The lowest comes first.")

    class Meta:
        ordering = ["position", "name"]
        verbose_name_plural = "categories"

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('catalogue')}?category={self.slug}"

    @property
    def drawing_url(self) -> str:
        """The address of the category's own drawing."""
        return drawing_url(self.slug, self.slug)


class Picture(models.Model):
    """An uploaded picture in two sizes, as `shop.pictures` has encoded it. Never changed."""

    digest = models.CharField(
        max_length=24, primary_key=True, help_text="The start of the larger one's SHA-256."
    )
    large = models.BinaryField()
    small = models.BinaryField()

    def __str__(self) -> str:
        return self.digest


class Product(models.Model):
    """A product. Its price includes the tax and is in the shop's currency."""

    sku = models.CharField(
        "SKU",
        max_length=32,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9][A-Z0-9-]*$", "Use capitals, digits and hyphens.")],
    )
    name = models.CharField(max_length=LONGEST_NAME)
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
    category = models.ForeignKey(
        Category, models.PROTECT, null=True, blank=True, related_name="products"
    )
    picture = models.ForeignKey(
        Picture,
        models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="products",
        help_text="Null: the shop draws one.",
    )
    sort_name = Folded(of=["name"], longest=LONGEST_NAME)
    search_text = Folded(of=["name", "sku", "description"])

    class Meta:
        ordering = ["sku"]
        indexes = [
            models.Index(fields=["sort_name", "id"], name="shop_product_by_name"),
            models.Index(fields=["unit_price", "id"], name="shop_product_by_price"),
            models.Index(fields=["category", "active"], name="shop_product_by_category"),
        ]

    def __str__(self) -> str:
        return f"{self.sku} {self.name}"

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Save; what the search reads follows name, SKU and description."""
        if update_fields is not None:
            changed = set(update_fields)
            folded = [one for one in self._meta.fields if isinstance(one, Folded)]
            update_fields = changed | {one.name for one in folded if changed & {*one.of}}
        super().save(*args, update_fields=update_fields, **options)

    def get_absolute_url(self) -> str:
        return reverse("product", args=[self.sku])

    @property
    def picture_url(self) -> str:
        """The address of its picture; for lists, select the category with the products."""
        return self._picture("picture")

    @property
    def thumbnail_url(self) -> str:
        """As `picture_url`, and smaller."""
        return self._picture("thumbnail")

    def _picture(self, size: str) -> str:
        if self.picture_id:
            return reverse(size, args=[self.picture_id])
        return drawing_url(self.sku, self.category.slug if self.category else "")

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


class LegalText(models.Model):
    """What the law asks a seller to tell customers, in the seller's own words."""

    class Kind(models.TextChoices):
        IMPRINT = "imprint", _("Imprint")
        TERMS = "terms", _("Terms")
        WITHDRAWAL = "withdrawal", _("Right of withdrawal")
        PRIVACY = "privacy", _("Privacy")

    kind = models.CharField(max_length=16, unique=True, choices=Kind)
    text = models.TextField(
        help_text="Plain text; an empty line begins a new paragraph. An imprint begins with the "
        "seller of the settings."
    )

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("legal", args=[self.kind])


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
