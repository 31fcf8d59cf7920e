"""The bare insert: the same body, the same prices, an order and its lines; no event and no key."""

from config.settings import *  # noqa: F403 -- all of them

ROOT_URLCONF = "bench.rivals.bare_urls"
