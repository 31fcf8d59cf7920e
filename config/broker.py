"""The broker's address, from BROKER_URL, REDIS_URL or the REDIS_ settings that are its parts."""

from django.core.exceptions import ImproperlyConfigured

from bus.broker.address import BadAddress, RedisAddress


def broker(
    broker_url: str, redis_url: str, *, host: str, port: int, password: str
) -> tuple[str, str]:
    """The setting that names the broker, and its URL; REDIS_URL and no URL if none does.

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
    if not url and host:
        return "REDIS_HOST", RedisAddress(host, port, password=password).url()
    try:
        return setting, RedisAddress.read(url, password=password).url() if url else ""
    except BadAddress as error:
        raise ImproperlyConfigured(f"{setting} {error}") from None
