"""The shop for an ASGI server."""

import os
import warnings
from importlib import import_module

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

from config.collecting import collect_less

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Under ASGI every request has a thread of its own, so that a connection cannot be kept with its
# thread: PostgreSQL's are pooled, and SQLite's opened anew.
try:
    database = settings.DATABASES["default"]
except ImproperlyConfigured as error:
    raise SystemExit(f"The settings cannot be used: {error}") from None
database["CONN_MAX_AGE"] = 0
if database["ENGINE"].endswith("postgresql"):
    database["OPTIONS"]["pool"] = {"min_size": 2, "max_size": 20, "timeout": 10}

# Static files come as synchronous streams; they are small.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous")

shop = get_asgi_application()

from config.checks import check_limits, require, settings_checks  # noqa: E402 -- needs the apps
from config.guard import guarded  # noqa: E402 -- reads settings

require(settings_checks())
require([check_limits()])
application = guarded(shop)

# Before anybody asks for them: a page that cannot be loaded keeps the server from starting.
import_module(settings.ROOT_URLCONF)
collect_less()
