"""Whether a process that was started can work yet."""

import http.client
import socket
from pathlib import Path

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


def work_file() -> Path:
    """The file that `manage.py work` touches while it works."""
    return Path(settings.VAR_DIR) / "run" / "work.alive"


def work_runs() -> bool:
    """Whether `manage.py work` has begun to work."""
    return work_file().exists()


def worker_consumes(queue: str) -> bool:
    """Whether the worker of a queue consumes it; it touches a file from then on."""
    return alive_file(queue).exists()
