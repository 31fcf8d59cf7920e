"""The project as a Django app, so that its commands are found, and the admin with its site."""

from django.apps import AppConfig
from django.conf import settings
from django.contrib.admin.apps import SimpleAdminConfig

from config.process import keep_files_private


class PagesConfig(SimpleAdminConfig):
    """Django's admin with the shop's site; `config.urls` loads its pages, for the web alone."""

    default_site = "config.staff_site.Site"


class ProjectConfig(AppConfig):
    default = True
    name = "config"
    verbose_name = "Project"

    def ready(self) -> None:
        """Make the Celery app the current one in every process; register handlers and checks."""
        keep_files_private()
        import config.alerts
        import config.celery
        import config.checks.system
        import config.pages  # noqa: F401 -- imported to register

        if settings.OTEL_EXPORTER_OTLP_ENDPOINT:
            from config import spans  # an extra

            spans.record(settings.OTEL_EXPORTER_OTLP_ENDPOINT)
