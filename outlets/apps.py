"""Outlets: forward events to other systems."""

from django.apps import AppConfig


class OutletsConfig(AppConfig):
    name = "outlets"
    default_auto_field = "django.db.models.BigAutoField"
