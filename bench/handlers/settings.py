"""The shop with an app that does nothing, in queues of its own."""

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP

INSTALLED_APPS = [*SHOP, "bench.handlers"]
