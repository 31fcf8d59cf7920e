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


def test_a_settled_shop_is_clean(shop: Planted) -> None:
    verdict = judge(shop.evidence, faults=3)

    assert verdict.all == []
    assert verdict.kept
    assert str(verdict) == (
        f"verdict: orders 5, deliveries {verdict.deliveries}, faults 3, lost 0, doubled 0, "
        "ambiguous 0"
    )


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.what)
def test_a_damage_is_found_and_nothing_else(shop: Planted, damage: Damage) -> None:
    shop.sql(*damage.statements)

    verdict = judge(shop.evidence, 0)

    assert {one.promise for one in verdict.all} == damage.promises, [*map(str, verdict.all)]
    assert any(damage.said in str(one) for one in verdict.all), [*map(str, verdict.all)]


def test_every_handler_of_the_shop_is_damaged_above() -> None:
    told = {damage.said.partition(" ")[0].strip(":") for damage in DAMAGES}

    assert EFFECTS.keys() - told == AT_THE_WAREHOUSE


@pytest.mark.parametrize("kind", ["shipment.released", "shipment.recalled"])
@pytest.mark.parametrize(("times", "promise"), [(0, "lost"), (2, "doubled")])
def test_the_warehouse_does_each_thing_once(
    shop: Planted, kind: str, times: int, promise: str
) -> None:
    told = next(one for one in shop.evidence.shipped if one.kind == kind)
    shop.evidence.shipped.remove(told)
    shop.evidence.shipped += [told] * times

    assert promises(shop) == {promise}


def test_a_cancellation_that_was_answered_holds(shop: Planted) -> None:
    for purchase in shop.evidence.purchases:
        purchase.cancelled = True

    assert promises(shop) == {CANCELLED}


@pytest.mark.parametrize("said", ["400", "403", "404", "422"])
@pytest.mark.parametrize("earlier", [[], ["503"], ["201"]])
def test_a_customer_who_was_refused_is_found(shop: Planted, said: str, earlier: list[str]) -> None:
    shop.evidence.purchases[0].tries = [(0.0, 0.1, one) for one in (*earlier, said)]

    assert promises(shop) == {WELCOME}


@pytest.mark.parametrize("said", ["201", "409", "429", "500", "ReadTimeout"])
def test_whoever_was_refused_for_now_is_not_refused(shop: Planted, said: str) -> None:
    shop.evidence.purchases[0].tries = [(0.0, 0.1, "422"), (1.0, 0.1, said)]

    assert promises(shop) == set()


def told_sold_out(sku: str, quantity: int) -> Purchase:
    body = {"lines": [{"sku": sku, "quantity": quantity}]}
    return Purchase(key="late", body=body, tries=[(0.0, 0.1, SOLD_OUT_SAID)])


def test_whoever_wanted_more_than_there_was_may_be_told_sold_out(shop: Planted) -> None:
    shop.evidence.purchases.append(told_sold_out("FOOD-TEA", 4_997))

    assert promises(shop) == set()


@pytest.mark.parametrize("quantity", [1, 4_996])
def test_a_customer_who_was_told_sold_out_of_what_was_there_is_found(
    shop: Planted, quantity: int
) -> None:
    shop.evidence.purchases.append(told_sold_out("FOOD-TEA", quantity))

    assert promises(shop) == {SOLD_OUT}


def test_it_is_told_how_many_never_got_an_answer(shop: Planted) -> None:
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
def test_only_a_fault_excuses_that_a_customer_got_no_answer(
    shop: Planted, faults: list[tuple[float, float]], promise: set[str]
) -> None:
    tries = [(0.4 * number, 0.3, "500") for number in range(300)]
    shop.evidence.purchases.append(Purchase(key="silent", body={}, tries=tries))
    shop.evidence.faults = faults

    assert promises(shop) == promise


def test_a_customer_who_could_not_even_ask_is_found(shop: Planted) -> None:
    shop.evidence.purchases.append(Purchase(key="silent", body={}))

    assert promises(shop) == {ANSWERED}


def test_a_total_that_was_answered_is_the_orders(shop: Planted) -> None:
    shop.evidence.purchases[0].total = "0.01"

    assert promises(shop) == {"the lines make the total, and the total is the invoice's"}


def test_a_document_that_is_not_in_the_storage_is_lost(shop: Planted, tmp_path: Path) -> None:
    shop.evidence.documents = tmp_path

    assert promises(shop) == {"lost"}


def test_what_was_not_planted_may_not_be_dead(shop: Planted) -> None:
    shop.evidence.poisoned.discard(POISON)

    assert REST in promises(shop)


def test_what_was_planted_may_not_be_done(shop: Planted) -> None:
    shop.sql("UPDATE bus_delivery SET state = 'done', closed_at = '2020-01-01' "
             f"WHERE stream = '{POISON}'")  # fmt: skip

    assert promises(shop) == {REST}


@pytest.mark.parametrize("mark", [FAMILY, DOMAIN])
def test_a_name_in_a_log_is_found(shop: Planted, mark: str) -> None:
    shop.evidence.logs[0].write_text(f"all is well\nmailed to {mark}\n")

    violations = judge(shop.evidence, 0).all

    assert [str(one) for one in violations] == [f"{PRIVACY}: worker.log:2 names a customer"]


def test_a_process_that_ended_by_itself_is_found(shop: Planted) -> None:
    shop.evidence.surprises.append("worker-billing ended with 1")

    assert promises(shop) == {EXITS}


def test_what_a_sample_has_seen_is_found(shop: Planted) -> None:
    shop.evidence.sampled.append("stock of DESK-INK was -1")

    assert promises(shop) == {BOUNDS}


@pytest.mark.parametrize(("seconds", "promise"), [(125, set()), (140, {STOLEN})])
def test_a_stolen_message_is_done_within_its_lease(
    shop: Planted, seconds: int, promise: set[str]
) -> None:
    pk, done_at = done(shop)

    shop.evidence.stolen.append((pk, done_at - seconds))

    assert promises(shop) == promise


def test_a_message_that_is_stolen_twice_has_its_lease_from_the_second_time(shop: Planted) -> None:
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
def test_seconds_in_which_two_faults_were_on_are_forgiven_once(
    shop: Planted, faults: list[tuple[float, float]], promise: set[str]
) -> None:
    pk, done_at = done(shop)
    shop.evidence.faults = [(done_at + began, done_at + ended) for began, ended in faults]

    shop.evidence.stolen.append((pk, done_at - 137))

    assert promises(shop) == promise
