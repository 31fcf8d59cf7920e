"""The checker finds a settled shop clean, and each damage by itself."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.chaos.buyers import DOMAIN, FAMILY, Purchase
from tests.chaos.checker import judge
from tests.chaos.checker.effects import EFFECTS
from tests.chaos.checker.ledger import REST
from tests.chaos.checker.orders import ANSWERED, CANCELLED, SOLD_OUT, WELCOME
from tests.chaos.checker.traces import BOUNDS, EXITS, PRIVACY, STOLEN
from tests.chaos.purchase import SOLD_OUT as SOLD_OUT_SAID
from tests.chaos.tests.damages import DAMAGES, Damage
from tests.chaos.tests.planted import POISON, Planted, promises

AT_THE_WAREHOUSE = {"fulfillment.tasks.release_shipment", "fulfillment.tasks.recall_shipment"}
"""Handlers whose effect is in no table; they have tests of their own below."""

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def done(shop: Planted) -> tuple[int, float]:
    """A delivery that is done, and when it was."""
    [(pk, closed_at)] = shop.evidence.books.rows(
        "SELECT id, closed_at FROM bus_delivery WHERE state = 'done' ORDER BY id LIMIT 1"
    )
    return pk, datetime.fromisoformat(closed_at).replace(tzinfo=UTC).timestamp()


def test_checker_finds_nothing_in_a_settled_shop(shop: Planted) -> None:
    verdict = judge(shop.evidence, faults=3)

    assert verdict.all == []
    assert verdict.kept
    assert str(verdict) == (
        f"verdict: orders 5, deliveries {verdict.deliveries}, faults 3, lost 0, doubled 0, "
        "ambiguous 0"
    )


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.what)
def test_checker_finds_each_damage_alone(shop: Planted, damage: Damage) -> None:
    shop.sql(*damage.statements)

    verdict = judge(shop.evidence, 0)

    assert {one.promise for one in verdict.all} == damage.promises, [*map(str, verdict.all)]
    assert any(damage.said in str(one) for one in verdict.all), [*map(str, verdict.all)]


def test_damages_cover_every_handler() -> None:
    told = {damage.said.partition(" ")[0].strip(":") for damage in DAMAGES}

    assert EFFECTS.keys() - told == AT_THE_WAREHOUSE


@pytest.mark.parametrize("kind", ["shipment.released", "shipment.recalled"])
@pytest.mark.parametrize(("times", "promise"), [(0, "lost"), (2, "doubled")])
def test_missing_and_doubled_warehouse_orders_are_found(
    shop: Planted, kind: str, times: int, promise: str
) -> None:
    told = next(one for one in shop.evidence.shipped if one.kind == kind)
    shop.evidence.shipped.remove(told)
    shop.evidence.shipped += [told] * times

    assert promises(shop) == {promise}


def test_undone_cancellation_is_found(shop: Planted) -> None:
    for purchase in shop.evidence.purchases:
        purchase.cancelled = True

    assert promises(shop) == {CANCELLED}


@pytest.mark.parametrize("said", ["400", "403", "404", "422"])
@pytest.mark.parametrize("earlier", [[], ["503"], ["201"]])
def test_refused_customer_is_found(shop: Planted, said: str, earlier: list[str]) -> None:
    shop.evidence.purchases[0].tries = [(0.0, 0.1, one) for one in (*earlier, said)]

    assert promises(shop) == {WELCOME}


@pytest.mark.parametrize("said", ["201", "409", "429", "500", "ReadTimeout"])
def test_customer_told_to_retry_is_not_refused(shop: Planted, said: str) -> None:
    shop.evidence.purchases[0].tries = [(0.0, 0.1, "422"), (1.0, 0.1, said)]

    assert promises(shop) == set()


def told_sold_out(sku: str, quantity: int) -> Purchase:
    body = {"lines": [{"sku": sku, "quantity": quantity}]}
    return Purchase(key="late", body=body, tries=[(0.0, 0.1, SOLD_OUT_SAID)])


def test_sold_out_answer_is_accepted_above_the_stock(shop: Planted) -> None:
    shop.evidence.purchases.append(told_sold_out("FOOD-TEA", 4_997))

    assert promises(shop) == set()


@pytest.mark.parametrize("quantity", [1, 4_996])
def test_wrong_sold_out_answer_is_found(shop: Planted, quantity: int) -> None:
    shop.evidence.purchases.append(told_sold_out("FOOD-TEA", quantity))

    assert promises(shop) == {SOLD_OUT}


def test_number_of_unanswered_customers_is_reported(shop: Planted) -> None:
    silent = Purchase(key="silent", body={}, tries=[(0.0, 30.0, "ReadTimeout")])
    refused = Purchase(key="refused", body={}, tries=[(0.0, 0.1, "422")])
    shop.evidence.purchases += [silent, refused]

    assert judge(shop.evidence, 0).remarks == ["customers who never got an answer: 1 of 7"]


@pytest.mark.parametrize(
    ("faults", "promise"),
    [
        pytest.param([], {ANSWERED}, id="no fault"),
        pytest.param([(0.0, 60.0)], {ANSWERED}, id="a fault that was over long before"),
        pytest.param([(119.0, 200.0)], {ANSWERED}, id="a fault that came in the end"),
        pytest.param([(80.0, 100.0), (100.2, 130.0)], set(), id="faults to the end"),
    ],
)
def test_unanswered_customer_without_fault_is_found(
    shop: Planted, faults: list[tuple[float, float]], promise: set[str]
) -> None:
    tries = [(0.4 * number, 0.3, "500") for number in range(300)]
    shop.evidence.purchases.append(Purchase(key="silent", body={}, tries=tries))
    shop.evidence.faults = faults

    assert promises(shop) == promise


def test_customer_who_could_not_connect_is_found(shop: Planted) -> None:
    shop.evidence.purchases.append(Purchase(key="silent", body={}))

    assert promises(shop) == {ANSWERED}


def test_answered_total_that_differs_is_found(shop: Planted) -> None:
    shop.evidence.purchases[0].total = "0.01"

    assert promises(shop) == {"the lines make the total, and the total is the invoice's"}


def test_missing_document_is_found(shop: Planted, tmp_path: Path) -> None:
    shop.evidence.documents = tmp_path

    assert promises(shop) == {"lost"}


def test_unplanted_dead_delivery_is_found(shop: Planted) -> None:
    shop.evidence.poisoned.discard(POISON)

    assert REST in promises(shop)


def test_finished_poisoned_delivery_is_found(shop: Planted) -> None:
    shop.sql("UPDATE bus_delivery SET state = 'done', closed_at = '2020-01-01' "
             f"WHERE stream = '{POISON}'")  # fmt: skip

    assert promises(shop) == {REST}


@pytest.mark.parametrize("mark", [FAMILY, DOMAIN])
def test_name_in_log_is_found(shop: Planted, mark: str) -> None:
    shop.evidence.logs[0].write_text(f"all is well\nmailed to {mark}\n")

    violations = judge(shop.evidence, 0).all

    assert [str(one) for one in violations] == [f"{PRIVACY}: worker.log:2 names a customer"]


def test_process_that_ended_by_itself_is_found(shop: Planted) -> None:
    shop.evidence.surprises.append("worker-billing ended with 1")

    assert promises(shop) == {EXITS}


def test_violations_of_the_sampler_are_found(shop: Planted) -> None:
    shop.evidence.sampled.append("stock of DESK-INK was -1")

    assert promises(shop) == {BOUNDS}


@pytest.mark.parametrize(("seconds", "promise"), [(125, set()), (140, {STOLEN})])
def test_stolen_message_is_done_within_its_lease(
    shop: Planted, seconds: int, promise: set[str]
) -> None:
    pk, done_at = done(shop)

    shop.evidence.stolen.append((pk, done_at - seconds))

    assert promises(shop) == promise


def test_lease_of_twice_stolen_message_starts_at_the_second_theft(shop: Planted) -> None:
    pk, done_at = done(shop)

    shop.evidence.stolen += [(pk, done_at - 125), (pk, done_at - 210)]

    assert promises(shop) == set()


@pytest.mark.parametrize(
    ("faults", "promise"),
    [
        pytest.param([(-16, -8)], set(), id="eight seconds"),
        pytest.param([(-16, -14), (-12, -10)], {STOLEN}, id="four seconds"),
        pytest.param([(-16, -12), (-15, -11), (-14, -13)], {STOLEN}, id="five seconds in three"),
        pytest.param([(-16, -12), (-13, -8)], set(), id="eight seconds in two"),
    ],
)
def test_seconds_of_overlapping_faults_are_excused_once(
    shop: Planted, faults: list[tuple[float, float]], promise: set[str]
) -> None:
    pk, done_at = done(shop)
    shop.evidence.faults = [(done_at + began, done_at + ended) for began, ended in faults]

    shop.evidence.stolen.append((pk, done_at - 137))

    assert promises(shop) == promise
