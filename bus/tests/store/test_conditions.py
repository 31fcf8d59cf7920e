"""May a subscription get work: queries of the ORM and statements in SQL say the same."""

from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from bus.models import Queue, Subscription
from bus.store.conditions import CLAIMABLE, STOPPED, claimable, claimable_sql
from bus.store.database import db

pytestmark = pytest.mark.django_db

AGO, AHEAD = Now() - timedelta(minutes=5), Now() + timedelta(minutes=5)
CASES = list(product((None, AGO), (None, AGO), (None, AGO, AHEAD)))
"""Paused, retired, held until."""


@pytest.fixture
def names() -> dict[str, bool]:
    """A subscription for each case, and whether it may get work."""
    queue = Queue.objects.create(name="desk")
    for number, (paused, retired, held) in enumerate(CASES):
        Subscription.objects.create(
            name=str(number),
            event_type="Happened",
            queue=queue,
            batch=1,
            window=40,
            ordered=False,
            external=False,
            repeatable=False,
            retry="",
            paused_at=paused,
            retired_at=retired,
            held_until=held,
        )
    return {
        str(number): paused is None and retired is None and held is not AHEAD
        for number, (paused, retired, held) in enumerate(CASES)
    }


def found_by_sql(condition: str, *values: Any) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT s.name FROM bus_subscription s WHERE {condition}", values)
        return {name for (name,) in cursor.fetchall()}


def found_by_orm(**at: Any) -> set[str]:
    return set(Subscription.objects.filter(claimable(**at)).values_list("name", flat=True))


def test_subscription_gets_work_unless_paused_retired_or_held(names: dict[str, bool]) -> None:
    wanted = {name for name, may in names.items() if may}

    assert found_by_sql(CLAIMABLE) == wanted
    assert found_by_orm() == wanted
    assert {one.name for one in Subscription.objects.all() if one.status == "active"} == wanted


def test_what_is_stopped_is_all_that_is_not_claimable(names: dict[str, bool]) -> None:
    wanted = {name for name, may in names.items() if not may}

    assert found_by_sql(STOPPED) == wanted
    assert set(Subscription.objects.exclude(claimable()).values_list("name", flat=True)) == wanted


@pytest.mark.parametrize("seconds", [0.0, 600.0])
def test_orm_and_sql_agree_about_an_instant_that_is_over(
    names: dict[str, bool], seconds: float
) -> None:
    by_sql = found_by_sql(claimable_sql(db.earlier), seconds)

    assert by_sql == found_by_orm(at=Now() - timedelta(seconds=seconds))
    assert len(by_sql) == (2 if not seconds else 1)
