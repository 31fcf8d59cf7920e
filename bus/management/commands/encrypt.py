"""`manage.py encrypt`: encrypt the personal data that is in clear or under an earlier key."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bus.management.arguments import ask_who_and_why
from bus.management.progress import count_up
from bus.ops import Refused
from bus.ops.encryption import encrypt
from bus.sealing import CannotDecrypt


class Command(BaseCommand):
    help = (
        "Encrypt the personal data of events that is in clear, or under an earlier master key, by "
        "the newest one. May be interrupted and run again, while the project works on."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        ask_who_and_why(parser)

    def handle(self, *_args: Any, by: str, why: str, **_options: Any) -> None:
        try:
            total = count_up(self.stdout, encrypt(by=by, why=why), "events encrypted")
        except (Refused, CannotDecrypt) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"The personal data of {total} events was encrypted.")
