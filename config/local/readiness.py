"""Whether a process that was started can work yet."""

import http.client
import socket

from django.conf import settings

from config.worker import alive_file


def web_answers() -> bool:
    """Whether the web server answers at all; a refusal of the host's name is an answer."""
    connection = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=1)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def flower_listens() -> bool:
    """Whether Flower accepts connections."""
    try:
        socket.create_connection(("127.0.0.1", settings.FLOWER_PORT), timeout=1).close()
    except OSError:
        return False
    return True


def worker_consumes(queue: str) -> bool:
    """Whether the worker of a queue consumes it; it touches a file from then on."""
    return alive_file(queue).exists()
