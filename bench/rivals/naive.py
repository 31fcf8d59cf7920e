"""The usual Celery version: one task for each effect, sent on commit, with Celery's defaults.

But for the wait before a retry: one second, where Celery waits three minutes.
"""

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

# Without config, which would put the shop's own Celery app and its transport in place.
INSTALLED_APPS = [
    *(app for app in SHOP if app != "config"),
    "bench.rivals.naive_app.Naive",
]
