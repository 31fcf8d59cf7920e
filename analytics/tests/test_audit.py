"""The audit of the figures: silent when they are right, and exact when they are not."""

import pytest

from analytics import audit, services
from analytics.models import DayFigures, ProductFigures
from analytics.tests.facts import cancelled, line, placed
from bus.audit import Operator
from bus.models import Delivery, OperatorAction
from bus.registration import register
from bus.relay.routing import route
from bus.testing import given, settle

pytestmark = pytest.mark.django_db
GRACE = Operator("grace", "audit of November")


@pytest.fixture
def sold():
    orders = [placed(f"SO-{n}", line(price="0.10")) for n in range(7)]
    given(*orders, cancelled("SO-1", line(price="0.10")), placed("SO-99"))
    services.record_sales(orders)  # SO-99 is still owed by a worker
    services.reverse_sales([cancelled("SO-1", line(price="0.10"))])


def test_right_figures_give_no_findings(sold):
    for check in (
        audit.figures_equal_events,
        audit.figures_agree,
        audit.counted_once,
        *audit.rows_once,
        audit.done_without_effect,
        audit.effect_without_done,
    ):
        assert list(check()) == []


def test_a_day_that_says_more_than_the_events_is_found(sold):
    DayFigures.objects.update(revenue=5)

    found = [(finding.subject, finding.what) for finding in audit.figures_equal_events()]

    assert found == [("revenue", "is 500 in all days but 70 in the events")]


def test_tables_that_disagree_are_found(sold):
    ProductFigures.objects.all().delete()

    assert {finding.subject for finding in audit.figures_agree()} == {
        "units",
        "revenue",
        "reversed_revenue",
    }


def test_figures_that_drifted_are_rebuilt_from_the_events(sold):
    DayFigures.objects.update(revenue=5)
    ProductFigures.objects.all().delete()
    stale = [*audit.figures_equal_events(), *audit.figures_agree()]

    done = [finding.repair(GRACE) for finding in stale]

    assert done[0].endswith("counters were put right from the events")
    assert set(done[1:]) == {""}
    assert list(audit.figures_equal_events()) == []
    assert list(audit.figures_agree()) == []
    [action] = OperatorAction.objects.all()
    assert (action.who, action.subject) == ("grace", "figures")


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_was_never_counted_in_spite_of_the_ledger_is_delivered_again():
    given(placed("SO-1"))
    register("analytics")
    route()
    Delivery.objects.update(state="done")
    [finding] = audit.done_without_effect()

    finding.repair(GRACE)
    settle("analytics")

    assert DayFigures.objects.get().orders == 1
    assert list(audit.done_without_effect()) == []


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_counted_is_not_counted_twice():
    given(placed("SO-1"))
    settle("analytics")
    Delivery.objects.update(state="discarded")
    [finding] = audit.effect_without_done()

    finding.repair(GRACE)
    settle("analytics")

    assert DayFigures.objects.get().orders == 1
    assert Delivery.objects.get().state == "done"
