"""The roof as a Django app, so that its commands are found."""

from django.apps import AppConfig


class RoofConfig(AppConfig):
    name = "config"
    verbose_name = "The roof"

    def ready(self) -> None:
        """Make the Celery app the current one in every process that sets Django up.

        And let `manage.py check --deploy` know what a deployment must not have.
        """
        import config.celery
        import config.crashing  # noqa: F401 -- importing them is all
