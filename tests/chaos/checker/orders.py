"""Whoever was answered 2xx has one order, with one event and the right sums."""

from collections import Counter
from collections.abc import Iterator
from operator import attrgetter

from tests.chaos.buyers import Purchase
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

ONCE = "an order answered 2xx exists once, with one OrderPlaced"
CANCELLED = "an order whose cancellation was answered 2xx is cancelled"
WELCOME = "no customer is refused who asks for what the shop sells"
TRUTH = "who sends no key has one order at most, and none if told that nothing was saved"
ANSWERED = "whoever orders is answered, unless a fault is on for as long as he asks"
SOLD_OUT = "what is called sold out was ordered more often than there was of it"
SUMS = "the lines make the total, and the total is the invoice's"

ORDERED = (
    "SELECT l.sku, sum(l.quantity) FROM orders_orderline l JOIN orders_order o "
    "ON o.id = l.order_id WHERE o.number IS NOT NULL GROUP BY l.sku"
)
RECEIVED = (
    "SELECT i.sku, sum(m.on_hand) FROM inventory_stockitem i JOIN inventory_movement m "
    "ON m.item_id = i.id WHERE m.kind IN ('received', 'corrected') GROUP BY i.sku"
)

LAST_TRIES = 30
"""Seconds before a customer gives up in which every try is looked at."""


def answered_orders_exist_once(evidence: Evidence) -> Iterator[Violation]:
    books = evidence.books
    rows = dict(
        books.rows(
            "SELECT k.key, o.number FROM orders_idempotencykey k "
            "JOIN orders_order o ON o.public_id = k.order_id"
        )
    )
    by_address = dict(books.rows("SELECT email, number FROM orders_order WHERE state <> 'draft'"))
    keyless = {one.email for one in evidence.purchases if one.keyless}
    without_key = {by_address[email] for email in keyless & by_address.keys()}
    published = Counter(one.stream for one in evidence.events if one.type == "OrderPlaced")
    keys = {one.key for one in evidence.purchases}
    for one in evidence.answered:
        if one.keyless:
            if by_address.get(one.email) != one.number:
                yield Violation(ONCE, one.number, "was answered, and is not there")
        elif rows.get(one.key) != one.number:
            yield Violation(ONCE, one.number, f"was answered, its key has {rows.get(one.key)}")
        if published[one.number] != 1:
            yield Violation(ONCE, one.number, f"has {published[one.number]} OrderPlaced")
    placed = [number for (number,) in books.rows("SELECT number FROM orders_order "
                                                 "WHERE state <> 'draft'")]  # fmt: skip
    for number in sorted(set(placed) - set(rows.values()) - without_key):
        yield Violation(ONCE, str(number), "was placed by no customer")
    for key in rows.keys() - keys:
        yield Violation(ONCE, key, "is no customer's key")
    for number in sorted(set(published) - set(placed) - evidence.poisoned):
        yield Violation(ONCE, number, "has an OrderPlaced, but there is no such order")


def no_order_is_placed_twice_unknowingly(evidence: Evidence) -> Iterator[Violation]:
    """What keyless customers were told is what is there; they repeat only where they were told."""
    orders = evidence.counter("SELECT email FROM orders_order WHERE state <> 'draft'")
    for one in evidence.purchases:
        if not one.keyless:
            continue
        found, least = orders[(one.email,)], int(bool(one.number))
        if not least <= found <= int(bool(one.number or one.left_open)):
            said = one.tries[-1][2] if one.tries else "nothing"
            yield Violation(TRUTH, one.number or one.key, f"has {found} orders, was told {said}")


def no_order_is_refused(evidence: Evidence) -> Iterator[Violation]:
    """Refusals that a fault asks for are excused by whom it has asked: no customer, but itself.

    So does `same-key`, whose other body under a customer's key must be refused.
    """
    for one in evidence.purchases:
        if one.refused and not one.sold_out:
            yield Violation(WELCOME, one.number or one.key, f"was told {one.tries[-1][2]}")


def sold_out_is_said_of_what_was(evidence: Evidence) -> Iterator[Violation]:
    """One of the lines at least; what is sold out may be there again after a cancellation."""
    ordered, pieces = (
        Counter({sku: int(count) for sku, count in evidence.books.rows(sql)})
        for sql in (ORDERED, RECEIVED)
    )
    for one in filter(attrgetter("sold_out"), evidence.purchases):
        wanted = {line["sku"]: line["quantity"] for line in one.body["lines"]}
        if all(ordered[sku] + count <= pieces[sku] for sku, count in wanted.items()):
            yield Violation(SOLD_OUT, one.key, f"was told so of {', '.join(wanted)}")


def every_order_is_answered(evidence: Evidence) -> Iterator[Violation]:
    """Where nothing was wrong at one of the last tries, it should have been answered."""
    for one in _unanswered(evidence):
        if not one.tries:
            yield Violation(ANSWERED, one.key, "was never asked")
            continue
        over = sum(one.tries[-1][:2])
        for began, took, said in one.tries:
            if over - LAST_TRIES <= began + took and not evidence.struck(began, began + took):
                what = f"was told {said} with no fault on, and {one.tries[-1][2]} in the end"
                yield Violation(ANSWERED, one.key, what)
                break


def remark(evidence: Evidence) -> str:
    """How many customers had no answer to their order while they waited."""
    silent = len(_unanswered(evidence))
    return f"customers who never got an answer: {silent} of {len(evidence.purchases)}"


def _unanswered(evidence: Evidence) -> list[Purchase]:
    return [one for one in evidence.purchases if not one.number and not one.refused]


def orders_add_up(evidence: Evidence) -> Iterator[Violation]:
    totals = {}
    for number, total, lines in evidence.books.rows(
        "SELECT o.number, o.total, sum(l.total) FROM orders_order o JOIN orders_orderline l "
        "ON l.order_id = o.id WHERE o.number IS NOT NULL GROUP BY o.number, o.total"
    ):
        totals[number] = cents(total)
        if cents(total) != cents(lines):
            yield Violation(SUMS, number, f"is {total}, its lines make {lines}")
    for number, kind, total in evidence.books.rows(
        "SELECT order_number, kind, total FROM billing_invoice"
    ):
        if cents(total) != totals.get(number):
            yield Violation(SUMS, number, f"has a document ({kind}) over {total}")
    for one in evidence.answered:
        if cents(one.total) != totals.get(one.number):
            yield Violation(SUMS, one.number, f"was answered with a total of {one.total}")


def cancellations_hold(evidence: Evidence) -> Iterator[Violation]:
    states = dict(evidence.books.rows("SELECT number, state FROM orders_order"))
    for one in evidence.answered:
        if one.cancelled and states.get(one.number) != "cancelled":
            yield Violation(CANCELLED, one.number, f"is {states.get(one.number, 'not there')}")


def cents(amount: object) -> int:
    """An amount as a whole number of hundredths; SQLite keeps decimals as text or as floats."""
    return round(float(str(amount)) * 100)
