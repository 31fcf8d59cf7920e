"""Serve the shop's pages and API."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from config.server import serve


class Command(BaseCommand):
    help = "Serves pages and API over HTTP until it is told to stop."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, default=settings.PORT, help="default: PORT")

    def handle(self, *_args: Any, host: str, port: int, **_options: Any) -> None:
        serve(host, port)
