"""The shop's settings and one line: what the worker of an app that joins later runs with."""

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP_APPS

INSTALLED_APPS = [*SHOP_APPS, "fraud"]
