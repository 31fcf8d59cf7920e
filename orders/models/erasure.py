"""Requests to erase a customer's personal data."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

VALID = timedelta(days=14)
"""For so long a second person can agree; then it has to be requested anew."""


class Erasure(models.Model):
    """A request to erase a customer's personal data, and what became of it.

    One member of staff requests it and another one agrees, which erases. The address is here until
    then; `person` is its keyed hash, which stays as proof of the erasure.
    """

    person = models.CharField(max_length=64, editable=False)
    email = models.EmailField("e-mail", blank=True, help_text="Until the data is erased.")
    why = models.CharField(
        "reason", max_length=500, help_text="It stays on record, so it must not name a person."
    )
    requested_by = models.CharField(max_length=150, editable=False)
    requested_at = models.DateTimeField(db_default=Now(), editable=False)
    agreed_by = models.CharField(
        max_length=150, blank=True, editable=False, help_text="Empty: by manage.py forget."
    )
    erased_at = models.DateTimeField(null=True, editable=False)
    orders = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["-id"]
        default_permissions = ["view"]
        permissions = [("erase_customer", "Can request and agree to erase a customer's data")]
        constraints = [
            models.CheckConstraint(
                name="orders_erasure_needs_two_people", condition=~Q(agreed_by=F("requested_by"))
            ),
            models.CheckConstraint(
                name="orders_erasure_keeps_no_address",
                condition=Q(erased_at=None, agreed_by="") | Q(erased_at__isnull=False, email=""),
            ),
            models.UniqueConstraint(
                name="orders_erasure_once_at_a_time",
                fields=["person"],
                condition=Q(erased_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"
