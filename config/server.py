"""The web server: the shop under uvicorn, the same for a laptop and for a container."""

from django.conf import settings

from config.connections import BACKLOG, GuardedConnection

GRACE = 3
"""Seconds for open streams at the end, or the dashboard would hold the stop."""


def serve(host: str, port: int) -> None:
    """Serve until SIGTERM."""
    import uvicorn

    uvicorn.run(
        "config.asgi:application",
        host=host,
        port=port,
        http=GuardedConnection,
        ws="none",
        backlog=BACKLOG,
        # config.asgi does it, by TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        # Django's LOGGING stands.
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )


def serve_here() -> None:
    """On this machine alone."""
    serve("127.0.0.1", settings.PORT)
