"""The checker finds a settled shop clean, and each damage by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.buyers import DOMAIN, FAMILY
from tests.chaos.checker import judge
from tests.chaos.checker.effects import EFFECTS
from tests.chaos.checker.ledger import REST
from tests.chaos.checker.orders import CANCELLED
from tests.chaos.checker.traces import BOUNDS, EXITS, PRIVACY, STOLEN
from tests.chaos.tests.damages import DAMAGES, MAILS, Damage
from tests.chaos.tests.planted import POISON, Planted, copied, settled

AT_THE_WAREHOUSE = {"fulfillment.tasks.release_shipment", "fulfillment.tasks.recall_shipment"}
"""Reactions whose effect is in no table; they have tests of their own below."""

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


@pytest.fixture(scope="module")
def clean(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Planted]:
    with django_db_blocker.unblock():
        yield settled(tmp_path_factory.mktemp("clean"))


@pytest.fixture
def shop(clean: Planted, tmp_path: Path) -> Planted:
    return copied(clean, tmp_path)


def promises(shop: Planted) -> set[str]:
    """Which were not kept."""
    return {violation.promise for violation in judge(shop.evidence, 0).all}


def done(shop: Planted) -> tuple[int, float]:
    """A delivery that is done, and when it was."""
    [(pk, closed_at)] = shop.evidence.books.rows(
        "SELECT id, closed_at FROM bus_delivery WHERE state = 'done' ORDER BY id LIMIT 1"
    )
    return pk, datetime.fromisoformat(closed_at).replace(tzinfo=UTC).timestamp()


def unsent(shop: Planted, kind: str, order: str) -> str:
    """Take away the mail of that kind to who ordered that, or the last one; gives its key."""
    mail = [
        one for one in shop.evidence.mails
        if kind in one.message_id and one.to.startswith(order)
    ][-1]  # fmt: skip
    shop.evidence.mails.remove(mail)
    return mail.message_id.strip("<>").rpartition("@")[0]


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


def test_every_reaction_of_the_shop_is_damaged_above() -> None:
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


@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_that_never_came_is_lost(shop: Planted, kind: str) -> None:
    unsent(shop, kind, "")

    assert promises(shop) == {"lost"}


@pytest.mark.parametrize(
    ("copies", "in_doubt", "promise", "ambiguous"),
    [
        pytest.param(1, 0, {"doubled"}, 1, id="the ledger was never in doubt"),
        pytest.param(1, 1, set(), 1, id="the first was in doubt"),
        pytest.param(2, 1, {"doubled"}, 2, id="one more than was in doubt"),
        pytest.param(2, 2, {"doubled"}, 2, id="a doubt is repeated once"),
    ],
)
@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_comes_twice_only_where_the_first_was_in_doubt(
    shop: Planted, kind: str, copies: int, in_doubt: int, promise: set[str], ambiguous: int
) -> None:
    shop.evidence.mails += [
        one for one in shop.evidence.mails if kind in one.message_id
    ][-1:] * copies  # fmt: skip
    if in_doubt:
        name = f"notifications.tasks.{kind.replace('-', '_')}"
        shop.sql(
            f"UPDATE bus_delivery SET ambiguous = {in_doubt} WHERE subscription_id = "
            f"(SELECT id FROM bus_subscription WHERE name = '{name}')"
        )

    verdict = judge(shop.evidence, 0)

    assert {one.promise for one in verdict.all} == promise
    assert verdict.ambiguous == ambiguous


@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_that_the_shop_says_it_skipped_is_lost_all_the_same(
    shop: Planted, kind: str
) -> None:
    key = unsent(shop, kind, "plain" if kind == MAILS[0] else "")

    shop.sql(f"UPDATE notifications_message SET state = 'skipped' WHERE key = '{key}'")

    assert promises(shop) == {"lost"}


@pytest.mark.parametrize(
    ("state", "cancellation_came", "lost"),
    [
        pytest.param("skipped", True, 0, id="the cancellation was mailed already"),
        pytest.param("sent", True, 1, id="and the shop says that it sent both"),
        pytest.param("skipped", False, 2, id="neither was mailed"),
    ],
)
def test_a_confirmation_may_stay_behind_where_the_cancellation_was_mailed(
    shop: Planted, state: str, cancellation_came: bool, lost: int
) -> None:
    key = unsent(shop, "send-order-confirmation", "cancelled")
    if not cancellation_came:
        unsent(shop, "send-cancellation", "cancelled")

    shop.sql(f"UPDATE notifications_message SET state = '{state}' WHERE key = '{key}'")

    verdict = judge(shop.evidence, 0)
    assert len(verdict.lost) == len(verdict.all) == lost


def test_a_mail_that_nobody_asked_for_is_found(shop: Planted) -> None:
    mail = shop.evidence.mails[0]
    shop.evidence.mails.append(replace(mail, message_id=f"<0{mail.message_id[1:]}"))

    assert promises(shop) == {"nothing happens that no event asks for"}


def test_a_mail_to_somebody_else_is_found(shop: Planted) -> None:
    shop.evidence.mails[0] = replace(shop.evidence.mails[0], to=f"other@{DOMAIN}")

    assert promises(shop) == {"mails of an order go to who ordered"}


def test_a_cancellation_that_was_answered_holds(shop: Planted) -> None:
    for purchase in shop.evidence.purchases:
        purchase.cancelled = True

    assert promises(shop) == {CANCELLED}


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
