"""Each mail that is owed comes once, and what excuses that it did not."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.buyers import DOMAIN
from tests.chaos.checker import judge
from tests.chaos.tests.damages import MAILS
from tests.chaos.tests.planted import Planted, promises

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def unsent(shop: Planted, kind: str, order: str) -> str:
    """Take away the mail of that kind to who ordered that, or the last one; gives its key."""
    mail = [
        one for one in shop.evidence.mails
        if kind in one.message_id and one.to.startswith(order)
    ][-1]  # fmt: skip
    shop.evidence.mails.remove(mail)
    return mail.message_id.strip("<>").rpartition("@")[0]


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


@pytest.mark.parametrize(
    ("before", "since", "in_doubt", "promise"),
    [
        pytest.param(1, 1, 0, set(), id="one more"),
        pytest.param(2, 1, 0, set(), id="one more than the two of the first time"),
        pytest.param(1, 0, 0, set(), id="none, for it is sent already"),
        pytest.param(1, 2, 0, {"doubled"}, id="two more"),
        pytest.param(1, 2, 1, set(), id="two more, the first of them in doubt"),
        pytest.param(1, 3, 2, {"doubled"}, id="a doubt is repeated once"),
    ],
)
@pytest.mark.parametrize("kind", MAILS)
def test_a_mail_that_is_delivered_again_comes_once_more(
    shop: Planted, kind: str, before: int, since: int, in_doubt: int, promise: set[str]
) -> None:
    mail = [one for one in shop.evidence.mails if kind in one.message_id][-1]
    earlier = Counter(one.message_id for one in shop.evidence.mails)
    earlier[mail.message_id] = before
    shop.evidence.mails_before = earlier

    shop.evidence.mails += [mail] * (before + since - 1)
    shop.sql(f"UPDATE bus_delivery SET ambiguous = {in_doubt}")

    assert promises(shop) == promise


def test_a_mail_that_nobody_asked_for_is_found(shop: Planted) -> None:
    mail = shop.evidence.mails[0]
    shop.evidence.mails.append(replace(mail, message_id=f"<0{mail.message_id[1:]}"))

    assert promises(shop) == {"nothing happens that no event asks for"}


def test_a_mail_to_somebody_else_is_found(shop: Planted) -> None:
    shop.evidence.mails[0] = replace(shop.evidence.mails[0], to=f"other@{DOMAIN}")

    assert promises(shop) == {"mails of an order go to who ordered"}
