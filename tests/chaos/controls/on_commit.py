"""Control: events are published once the change that they tell of is committed."""

from contextvars import copy_context
from typing import Any

from django.apps import AppConfig

from config.settings import *  # noqa: F403 -- all of them
from config.settings import INSTALLED_APPS as SHOP
from tests.support.replacement import replace

INSTALLED_APPS = [*SHOP, f"{__name__}.Broken"]


class Broken(AppConfig):
    name = __name__

    def ready(self) -> None:
        from django.db import transaction

        from bus import publishing
        from bus.failpoints import Point, reach

        in_the_transaction = publishing.publish

        def publish(event: Any, *, cause: Any = None) -> None:
            context = copy_context()

            def later() -> None:
                reach(Point.WEB_COMMITTED, type(event).__name__)
                with transaction.atomic():
                    context.run(in_the_transaction, event, cause=cause)

            transaction.on_commit(later)

        replace(in_the_transaction, publish)
