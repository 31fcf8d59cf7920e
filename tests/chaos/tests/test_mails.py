"""Each mail comes once; what excuses one that did not."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.chaos.buyers import DOMAIN
from tests.chaos.checker import judge
from tests.chaos.checker.published import WHOLE
from tests.chaos.mailbox import Mail
from tests.chaos.tests.damages import MAILS
from tests.chaos.tests.planted import Planted, promises

pytestmark = [pytest.mark.sqlite, pytest.mark.django_db]


def lose_mail(shop: Planted, kind: str, order: str) -> str:
    """Take away the mail of that kind to who ordered that, or the last one; gives its key."""
    mail = [
        one for one in shop.evidence.mails
        if kind in one.message_id and one.to.startswith(order)
    ][-1]  # fmt: skip
    shop.evidence.mails.remove(mail)
    return mail.message_id.strip("<>").rpartition("@")[0]


def repeated(shop: Planted, kind: str, copies: int, *, doubtful: bool) -> Mail:
    """Let the last mail of that kind come so many times more; `doubtful`: unknown to the shop."""
    found = [one for one in shop.evidence.mails if kind in one.message_id][-1]
    shop.evidence.mails.remove(found)
    mail = replace(found, doubtful=doubtful)
    shop.evidence.mails += [mail] * (1 + copies)
    return mail


@pytest.mark.parametrize("kind", MAILS)
def test_missing_mail_is_found(shop: Planted, kind: str) -> None:
    lose_mail(shop, kind, "")

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
def test_second_mail_is_accepted_only_after_an_ambiguous_one(
    shop: Planted, kind: str, copies: int, in_doubt: int, promise: set[str], ambiguous: int
) -> None:
    repeated(shop, kind, copies, doubtful=True)
    shop.sql(f"UPDATE bus_delivery SET ambiguous = {in_doubt}")

    verdict = judge(shop.evidence, 0)

    assert {one.promise for one in verdict.all} == promise
    assert verdict.ambiguous == ambiguous


@pytest.mark.parametrize(
    ("began", "ended", "promise"),
    [
        pytest.param(-60, -20, {"doubled"}, id="a fault that was over long before"),
        pytest.param(-60, -5, set(), id="a fault just before"),
        pytest.param(-60, 60, set(), id="in the midst of a fault"),
        pytest.param(5, 60, set(), id="a fault just afterwards"),
        pytest.param(20, 60, {"doubled"}, id="a fault that came long afterwards"),
    ],
)
@pytest.mark.parametrize("kind", MAILS)
def test_ambiguous_delivery_of_accepted_mail_needs_a_fault(
    shop: Planted, kind: str, began: float, ended: float, promise: set[str]
) -> None:
    mail = repeated(shop, kind, 1, doubtful=False)
    shop.sql("UPDATE bus_delivery SET ambiguous = 1")
    shop.evidence.faults = [(mail.at + began, mail.at + ended)]

    assert promises(shop) == promise


def test_ambiguous_copy_does_not_excuse_itself(shop: Planted) -> None:
    mail = repeated(shop, MAILS[0], 0, doubtful=False)
    shop.evidence.mails.append(replace(mail, at=mail.at + 1, doubtful=True))
    shop.sql("UPDATE bus_delivery SET ambiguous = 1")

    assert promises(shop) == {"doubled"}


@pytest.mark.parametrize("kind", MAILS)
def test_wrongly_skipped_mail_is_found(shop: Planted, kind: str) -> None:
    key = lose_mail(shop, kind, "plain" if kind == MAILS[0] else "")

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
def test_confirmation_may_be_skipped_after_a_cancellation_mail(
    shop: Planted, state: str, cancellation_came: bool, lost: int
) -> None:
    key = lose_mail(shop, "send-order-confirmation", "cancelled")
    if not cancellation_came:
        lose_mail(shop, "send-cancellation", "cancelled")

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
def test_redelivered_mail_is_expected_once_more(
    shop: Planted, kind: str, before: int, since: int, in_doubt: int, promise: set[str]
) -> None:
    mail = repeated(shop, kind, before + since - 1, doubtful=True)
    earlier = Counter(one.message_id for one in shop.evidence.mails)
    earlier[mail.message_id] = before
    shop.evidence.mails_before = earlier

    shop.sql(f"UPDATE bus_delivery SET ambiguous = {in_doubt}")

    assert promises(shop) == promise


def test_mail_without_event_is_found(shop: Planted) -> None:
    mail = shop.evidence.mails[0]
    shop.evidence.mails.append(replace(mail, message_id=f"<0{mail.message_id[1:]}"))

    assert promises(shop) == {"nothing happens that no event asks for"}


def test_mail_to_another_address_is_found(shop: Planted) -> None:
    shop.evidence.mails[0] = replace(shop.evidence.mails[0], to=f"other@{DOMAIN}")

    assert promises(shop) == {"mails of an order go to who ordered"}


@pytest.mark.parametrize("subject", ["", " "])
def test_mail_without_subject_is_found(shop: Planted, subject: str) -> None:
    shop.evidence.mails[0] = replace(shop.evidence.mails[0], subject=subject)

    assert promises(shop) == {WHOLE}


@pytest.mark.parametrize("whose", ["no order's", "another order's", "both"])
def test_invoice_mail_without_document_is_found(shop: Planted, whose: str) -> None:
    mails = shop.evidence.mails
    at, other = [at for at, one in enumerate(mails) if "send-invoice" in one.message_id][:2]
    wrong = {"no order's": (), "another order's": mails[other].attachments}
    both = mails[at].attachments + mails[other].attachments

    mails[at] = replace(mails[at], attachments=wrong.get(whose, both))

    assert promises(shop) == {WHOLE}
