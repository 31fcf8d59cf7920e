"""The audit of the figures: silent when they are right, and exact when they are not."""

import pytest

from analytics import audit, services
from analytics.models import DayFigures, ProductFigures
from analytics.tests.facts import cancelled, line, placed
from bus.testing import given

pytestmark = pytest.mark.django_db


@pytest.fixture
def sold():
    orders = [placed(f"SO-{n}", line(price="0.10")) for n in range(7)]
    given(*orders, cancelled("SO-1", line(price="0.10")), placed("SO-99"))
    services.record_sales(orders)  # SO-99 is still owed by a worker
    services.reverse_sales([cancelled("SO-1", line(price="0.10"))])


def test_right_figures_give_no_findings(sold):
    assert list(audit.figures_equal_events()) == []
    assert list(audit.figures_agree()) == []


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
