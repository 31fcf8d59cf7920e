"""Whether the web process can work."""

import http.client

from django.conf import settings


def web_answers() -> bool:
    """Whether the process answers at all; what it says about the host's name does not matter."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()
