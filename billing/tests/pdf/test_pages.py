"""Lines are shared out over pages without losing, splitting or orphaning one."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from billing.pdf.pages import CARRIED, Row, paginate
from billing.tests.events import line

FIRST, LATER, CLOSING = 400.0, 600.0, 150.0


@given(st.lists(st.floats(20, 120), min_size=1, max_size=120))
def test_every_line_stands_once_in_order_and_within_its_page(heights):
    rows = [Row(n, line(price="1.00"), [], [], height) for n, height in enumerate(heights)]

    pages = paginate(rows, first=FIRST, later=LATER, closing=CLOSING)

    assert [row for page in pages for row in page.rows] == rows
    for page in pages:
        room = FIRST if page.number == 1 else LATER - CARRIED
        below = CLOSING if page is pages[-1] else CARRIED
        assert page.rows
        assert sum(row.height for row in page.rows) + below <= room


def test_sums_are_carried_from_page_to_page():
    rows = [Row(n, line(price="1.00"), [], [], 100.0) for n in range(9)]

    pages = paginate(rows, first=FIRST, later=LATER, closing=CLOSING)

    assert [len(page.rows) for page in pages] == [3, 5, 1]
    assert [page.carried for page in pages] == [Decimal(3), Decimal(8), None]
    assert [page.brought for page in pages] == [None, Decimal(3), Decimal(8)]
