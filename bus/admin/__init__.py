"""The bus in the admin: pages to read, and an operator's actions.

Its pages are written for the theme django-unfold. Where that is not among INSTALLED_APPS, the admin
has none of them.
"""

from django.apps import apps

if apps.is_installed("unfold"):
    import bus.admin.console
    import bus.admin.deliveries
    import bus.admin.events
    import bus.admin.operations
    import bus.admin.subscriptions  # noqa: F401 -- imported to register
