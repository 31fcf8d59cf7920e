"""Imports before the first fork, so that the children share the memory and start fast."""

import importlib
import threading

from django.conf import settings
from django.urls import get_resolver

from config.process import collect_less_garbage

# Not config.asgi: importing it gives this process the web server's connection pool.
MODULES = ("config.celery", "config.guard", "config.server", "uvicorn")
WITH_BROKER = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "flower.command",
)


def preload() -> None:
    """Import what the children need.

    Raises:
        RuntimeError: an import has started a thread, which a forked child would not have.
    """
    for module in MODULES if settings.WITHOUT_BROKER else MODULES + WITH_BROKER:
        importlib.import_module(module)
    _ = get_resolver().url_patterns
    from config.celery import app

    app.finalize()
    app.loader.import_default_modules()
    # Exempt from collection, which would write to these pages and so end their sharing.
    collect_less_garbage()
    others = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    if others:
        raise RuntimeError(f"Threads run before the fork: {', '.join(others)}.")
