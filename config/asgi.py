"""The shop for an ASGI server."""

import os
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

from bus import metrics
from config import process

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

try:
    process.pool_connections(settings.DATABASES["default"])
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None
process.allow_synchronous_files()

shop = get_asgi_application()

from config.checks import require, settings_checks  # noqa: E402 -- needs the apps
from config.checks.database import check_limits  # noqa: E402 -- needs the apps
from config.guard import guarded  # noqa: E402 -- reads settings

require(settings_checks())
require([check_limits()])
application = guarded(shop)
if registry := metrics.start(ledger=True):
    from config.metrics import Measured

    application = Measured(application, registry)

# Loaded now, so that a page that cannot be imported keeps the server from starting.
import_module(settings.ROOT_URLCONF)
process.collect_less_garbage()
