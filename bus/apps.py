"""The bus as a Django app."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules

from bus.handlers import on_declared


class BusConfig(AppConfig):
    name = "bus"
    verbose_name = "Event bus"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import every app's `tasks`, `audit` and `nightly`: handlers, checks and jobs."""
        autodiscover_modules("tasks", "audit", "nightly")

        # Models, and with them the worker's code, can be imported only from here on.
        import bus.worker.jobs  # noqa: F401 -- imported to register its task
        from bus.worker.task import declare_queues, register_task

        on_declared(register_task)
        declare_queues()
