"""The roof as a Django app, so that its commands are found."""

from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "config"
    verbose_name = "The roof"

    def ready(self) -> None:
        """Make the Celery app the current one in every process that sets Django up.

        And let `manage.py check` know what a deployment must not have, and where the pages are.
        """
        import config.celery
        import config.checks.documents
        import config.checks.system
        import config.pages  # noqa: F401 -- importing them is all
