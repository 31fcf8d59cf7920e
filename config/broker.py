"""The broker's address, from BROKER_URL, REDIS_URL or the REDIS_ settings that are its parts."""

import re

from django.core.exceptions import ImproperlyConfigured

from bus.broker.address import read
from bus.broker.redis_address import RedisAddress
from bus.broker.url import BadAddress

NONE = "none"
"""The value of BROKER_URL for a shop without a broker."""


def has_broadcasts(url: str | None) -> bool:
    """Whether workers send task events, which are all that Flower has; `url` is as `broker`'s."""
    return url is not None and (not url or read(url).has_broadcasts)


def broker(
    broker_url: str, redis_url: str, *, host: str, port: int, password: str
) -> tuple[str, str | None]:
    """The setting that names the broker, and its URL: empty if none does, None for no broker.

    `password` is used where a URL has none.

    Raises:
        ImproperlyConfigured: the URL cannot be read, or there are two.
    """
    if redis_url and broker_url and redis_url != broker_url:
        raise ImproperlyConfigured(
            "REDIS_URL and BROKER_URL differ, and the shop has one broker; set one of them."
        )
    setting = "BROKER_URL" if broker_url else "REDIS_URL"
    url = broker_url or redis_url
    if url.lower() == NONE:
        return setting, None
    if not url and host:
        return "REDIS_HOST", RedisAddress(host, port, password=password).url()
    try:
        return setting, read(url, password=password).url() if url else ""
    except BadAddress as error:
        raise ImproperlyConfigured(f"{setting} {error}") from None


def key_prefix(chosen: str | None) -> str:
    """What the shop's keys in Redis begin with; None: a name that the database keeps.

    Raises:
        ImproperlyConfigured: it has other characters, or too many.
    """
    if chosen is None:
        return "shop-{id}:"
    if not re.fullmatch(r"[\w.:-]{0,40}", chosen, re.ASCII):
        raise ImproperlyConfigured(
            f"REDIS_PREFIX is {chosen!r}; use letters, digits and . : _ - (40 at most)."
        )
    return chosen
