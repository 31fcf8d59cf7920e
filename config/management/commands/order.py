"""Places orders on the running shop and follows them until every handler is done."""

import random
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bus.broker import keys
from config.demo.client import Customer, Followed, ShopRefused
from config.demo.customers import random_order
from config.demo.effects import doubled
from config.demo.following import follow, place_all
from config.demo.report import app_table, handler_table, summary


def _own_fingerprint() -> str:
    """The fingerprint of the shop whose database the settings name; empty without a database."""
    try:
        return keys.fingerprint()
    except Error:
        return ""


class Command(BaseCommand):
    help = "Places N orders over HTTP and follows them; exit code 1 if one does not settle."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "number", nargs="?", type=int, default=1, metavar="N", help="default: 1"
        )
        parser.add_argument(
            "--timeout",
            type=float,
            default=120.0,
            help="seconds to wait until all orders are settled; default: 120",
        )

    def handle(self, *_args: Any, number: int, timeout: float, **_options: Any) -> None:
        if number < 1:
            raise CommandError(f"N is {number}; it must be 1 or more.")
        customer = Customer(settings.SITE_URL)
        try:
            customer.require_shop(_own_fingerprint())
            orders, seconds = self._place_and_follow(customer, number, timeout)
        except ShopRefused as error:
            raise CommandError(str(error)) from error
        finally:
            customer.close()
        self._report(orders, seconds)

    def _place_and_follow(
        self, customer: Customer, number: int, timeout: float
    ) -> tuple[list[Followed], float]:
        skus = customer.skus()
        chance = random.Random()  # noqa: S311  the choice of goods is no secret
        bodies = [random_order(skus, chance) for _ in range(number)]
        with self._progress() as bars:
            placing = bars.add_task("placed", total=number)
            orders, seconds = place_all(
                customer, bodies, lambda found: bars.update(placing, completed=len(found))
            )
            settling = bars.add_task("settled", total=number)
            follow(
                customer,
                orders,
                timeout,
                lambda all_: bars.update(settling, completed=sum(o.over for o in all_)),
            )
        return orders, seconds

    def _progress(self) -> Progress:
        """Progress bars; their final state alone where the output is no terminal."""
        columns = (TextColumn("{task.description:8}"), BarColumn(), MofNCompleteColumn())
        return Progress(*columns, TimeElapsedColumn(), console=Console(file=sys.stdout))

    def _report(self, orders: list[Followed], seconds: float) -> None:
        console = Console(file=sys.stdout, highlight=False)
        too_many = doubled([order.number for order in orders])
        if len(orders) == 1:
            # Unbroken, so that terminals make it a link.
            console.print(f"Order {orders[0].number}  {orders[0].page}", soft_wrap=True)
            console.print(handler_table(orders[0]))
        else:
            console.print(app_table(orders, too_many))
        for line in summary(orders, seconds):
            console.print(line)
        if any(too_many.values()):
            raise CommandError("Effects are doubled; see `manage.py audit`.")
        failed = [order.number for order in orders if not order.settled]
        if failed:
            some = ", ".join(failed[:5]) + (", ..." if len(failed) > 5 else "")
            raise CommandError(
                f"{len(failed)} orders are not settled: {some}. "
                "See Event bus > Deliveries in the admin."
            )
