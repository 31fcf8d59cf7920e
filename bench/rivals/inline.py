"""The in-line monolith: the request that places an order does all that follows from it, too."""

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, "bench.rivals.inline_app.InLine"]
