"""`manage.py forget`: erase a customer's personal data."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from bus.management.arguments import ask_who_and_why
from orders import services


class Command(BaseCommand):
    help = (
        "Erase the personal data of the customer with this e-mail address from orders, events, "
        "mails and shipments. Invoices are kept for as long as the law requires, and restricted. "
        "Refused while an order is not finished. It cannot be undone."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", help="Every spelling that reaches the same mailbox counts.")
        ask_who_and_why(parser)

    def handle(self, *, email: str, by: str, why: str, **_options: Any) -> None:
        try:
            erasure = services.forget(email, by=by, why=why)
        except services.NotForgettable as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Forgotten: {erasure.orders} orders, as erasure {erasure.pk}. The workers erase the "
            "rest; manage.py audit finds what is left."
        )
