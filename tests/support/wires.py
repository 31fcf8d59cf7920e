"""A wire between this process and its PostgreSQL that a test can cut."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from tests.support.proxy import Proxy, Wire


@contextmanager
def wired() -> Iterator[Proxy]:
    """All that this thread says to PostgreSQL goes by the proxy."""
    usual = connection.settings_dict
    proxy = Proxy(int(usual["PORT"] or 5432))
    connection.close()
    connection.settings_dict = usual | {"HOST": "127.0.0.1", "PORT": proxy.port}
    try:
        yield proxy
    finally:
        proxy.set(Wire.FINE)
        connection.close()
        connection.settings_dict = usual
