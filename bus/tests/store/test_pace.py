"""The figures of what was done."""

import pytest

from bus.models import Delivery, Pace, Subscription
from bus.store import pace
from bus.testing import given, settle
from bus.tests.conftest import Happened, Subscribed, happened

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None: ...


def test_sum_of_all_time_outgrows_32_bits(subscribed: Subscribed) -> None:
    subscribed(react)
    given(*happened(1))
    settle("desk")
    pace.add(list(Delivery.objects.values_list("id", flat=True)))
    Pace.objects.create(
        subscription=Subscription.objects.get(),
        minute=pace.BEFORE_ALL,
        bucket=Pace.objects.get().bucket,
        done=2**31 - 1,
    )

    pace.forget(-120)

    [(_subscription, _bucket, done)] = pace.totals()
    assert (done, type(done)) == (2**31, int)
