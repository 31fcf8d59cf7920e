"""The handlers and tasks of a process that has just started."""

import subprocess
import sys

ONLY_SETUP = """
import django
django.setup()
from bus.handlers import declared
print("\\n".join(handler.name for handler in declared()))
"""
WORKER_START = """
from config.celery import app
app.loader.import_default_modules()
print("\\n".join(app.tasks))
"""


def handlers_after_setup() -> set[str]:
    """The handlers of a fresh process after `django.setup()` alone."""
    return _output_of(ONLY_SETUP)


def tasks_of_a_worker() -> set[str]:
    """The names of the tasks in a fresh process that starts as `celery -A config worker` does."""
    return _output_of(WORKER_START)


def _output_of(script: str) -> set[str]:
    command = [sys.executable, "-c", script]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())
