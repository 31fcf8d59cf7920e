"""Runs Flower, with the options that `up` gives it."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from bus import conf
from bus.broker import server
from config.checks import require, settings_checks
from config.flower import flower_login, run_flower


class Command(BaseCommand):
    help = "Runs Flower, the monitor, behind the login of FLOWER_AUTH."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--address", default="127.0.0.1", help="the address to listen on")
        parser.add_argument("--port", type=int, help="the port to listen on; default: FLOWER_PORT")

    def handle(self, *_args: Any, address: str, port: int | None, **_options: Any) -> None:
        require(settings_checks())
        try:
            server.check()
        except server.UnsuitableBroker as error:
            raise CommandError(str(error)) from None
        if not settings.WITH_FLOWER:
            raise CommandError(
                f"{conf.name('BUS_REDIS_URL')} names a broker without task events, which are all "
                "that Flower shows. The console in the admin shows queues and workers."
            )
        if not settings.FLOWER_AUTH:
            raise CommandError("FLOWER_AUTH is not set. Set it to user:password.")
        run_flower(flower_login(), address, port)
