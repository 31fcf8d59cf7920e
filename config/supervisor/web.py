"""The web process: the shop under uvicorn."""

import http.client

from django.conf import settings


def run_web() -> None:
    """Serve until SIGTERM. Open streams are cut after 3 s, or the dashboard would hold the stop."""
    import uvicorn

    uvicorn.run(
        "config.asgi:application",
        host="127.0.0.1",
        port=settings.PORT,
        # Django's LOGGING stands.
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=3,
    )


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
