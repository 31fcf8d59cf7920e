"""Import before the first fork what the children need, so that they share it and start fast."""

import gc
import importlib
import threading

from django.urls import get_resolver

MODULES = (
    "celery.apps.beat",
    "celery.apps.worker",
    "celery.bin.celery",
    "celery.concurrency.prefork",
    "celery.worker.consumer",
    "config.celery",
    "config.guard",
    "config.server",
    "flower.command",
    "uvicorn",
)


def preload() -> None:
    """Import everything.

    Raises:
        RuntimeError: if that has started a thread, which would be missing in every child.
    """
    for module in MODULES:
        importlib.import_module(module)
    _ = get_resolver().url_patterns
    from config.celery import app

    app.finalize()
    app.loader.import_default_modules()
    # What lives until here never dies: the collector need not touch it, so the pages stay shared.
    gc.collect()
    gc.freeze()
    others = [t.name for t in threading.enumerate() if t is not threading.main_thread()]
    if others:
        raise RuntimeError(f"Threads run before the fork: {', '.join(others)}.")
