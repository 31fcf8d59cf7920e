"""Operator actions in the admin: who did what to the ledger, when and why."""

from django.contrib import admin

from bus.admin.reading import ReadOnly
from bus.models import OperatorAction


@admin.register(OperatorAction)
class OperatorActionAdmin(ReadOnly):
    list_display = ("at", "who", "what", "subject", "count", "why")
    list_filter = ("what", "who")
    actions = None
