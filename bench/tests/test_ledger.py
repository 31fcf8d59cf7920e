"""What the benchmark says of a ledger is so."""

from collections.abc import Iterator

import pytest

from bench.ledger import Ledger, Setup
from bench.site import Site
from bench.statements import DONE_OF

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    made = Site()
    try:
        made.open()
        yield made
    finally:
        made.close()


def test_new_ledger_can_be_aged(site: Site) -> None:
    ledger = Ledger(site, "old")

    ledger.grow_old(1_000)

    assert ledger.finished() == 1_000


def test_events_are_finished_once_all_their_deliveries_are(site: Site) -> None:
    ledger, setup = Ledger(site, "asked"), Setup(subscriptions=2)
    with ledger.running(setup) as running:
        cost = running.work(30)
        assert ledger.undone() == 0
        ledger.tell(1)
        assert not ledger.is_through(DONE_OF, setup.subscriptions)

    assert cost.deliveries == 60
    assert ledger.finished() == 2 * (setup.batch + 30)
