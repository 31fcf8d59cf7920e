"""Idempotency keys of accepted checkouts."""

from django.db import models

from orders.models.order import Order


class IdempotencyKey(models.Model):
    """The key of one accepted checkout, written in its order's transaction and deleted with it."""

    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of the body, in hexadecimal.")
    order = models.OneToOneField(Order, models.CASCADE, to_field="public_id")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key"], name="orders_idempotency_key_once")]

    def __str__(self) -> str:
        return f"key of {self.order_id}"
