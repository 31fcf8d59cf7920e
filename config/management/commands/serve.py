"""Serves the shop's pages and API."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from config.server import serve
from config.site import is_public


class Command(BaseCommand):
    help = "Serves pages and API over HTTP until SIGTERM or Ctrl-C."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT")
        parser.add_argument(
            "--published-locally",
            action="store_true",
            help="allow DEBUG: for a container whose port is published on this machine alone",
        )

    def handle(
        self, *_args: Any, host: str, port: int, published_locally: bool, **_options: Any
    ) -> None:
        if settings.DEBUG and is_public(host) and not published_locally:
            raise CommandError(
                f"DEBUG is on, and --host is {host}, which other machines can reach. Set DEBUG=0, "
                "or use --host 127.0.0.1."
            )
        serve(host, port)
