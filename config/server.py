"""The web server: uvicorn with the shop's options, on a laptop as in a container."""

from django.conf import settings

from config.connections import BACKLOG, GuardedConnection

GRACE = 3
"""Seconds for open requests at a stop, or the dashboard's streams would delay it."""


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
        # config.guard does it, by TRUSTED_PROXIES.
        proxy_headers=False,
        server_header=False,
        # Django's LOGGING holds for uvicorn, too.
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=GRACE,
    )


def serve_here() -> None:
    """Serve on this machine alone, on PORT, until SIGTERM."""
    serve("127.0.0.1", settings.PORT)
