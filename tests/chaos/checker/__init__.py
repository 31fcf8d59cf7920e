"""The independent checker: effect tables, mailboxes, the warehouse's log and the customers' memory.

It reads with SQL of its own and imports nothing of the shop. The ledger is asked only for what is
the ledger's alone: that everything is at rest, in which order, and what it calls ambiguous.
"""

from collections.abc import Callable, Iterable

from tests.chaos.checker import (
    accounts,
    checkouts,
    effects,
    figures,
    handlers,
    ledger,
    orders,
    published,
    stock,
    traces,
)
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Verdict, Violation

Check = Callable[[Evidence], Iterable[Violation]]

CHECKS: tuple[Check, ...] = (
    orders.answered_orders_exist_once,
    orders.no_order_is_placed_twice_unknowingly,
    orders.no_order_is_refused,
    orders.sold_out_is_said_of_what_was,
    orders.every_order_is_answered,
    orders.orders_add_up,
    orders.cancellations_hold,
    published.every_change_is_published,
    published.orders_are_confirmed_in_time,
    published.rejected_orders_have_one_mail,
    published.nothing_happens_by_itself,
    published.mails_go_to_who_ordered,
    published.mails_are_whole,
    handlers.every_handler_is_registered,
    ledger.everything_is_at_rest,
    ledger.every_event_has_its_deliveries,
    ledger.lanes_kept_their_order,
    accounts.numbers_have_no_gap,
    stock.stock_adds_up,
    stock.promises_are_what_was_ordered,
    figures.figures_equal_the_orders,
    traces.no_person_is_named,
    traces.no_process_ended_by_itself,
    traces.always_in_bounds,
    traces.stolen_messages_came_back,
    checkouts.checkouts_need_no_redis,
)


def judge(evidence: Evidence, faults: int) -> Verdict:
    """Count all effects, ask every invariant, and say what came of it."""
    counted = effects.count(evidence)
    violations = [violation for check in CHECKS for violation in check(evidence)]
    return Verdict(
        orders=len(evidence.answered),
        deliveries=counted.deliveries,
        faults=faults,
        lost=counted.lost,
        doubled=counted.doubled,
        ambiguous=counted.ambiguous,
        violations=violations,
        remarks=list(filter(None, (orders.remark(evidence), checkouts.remark(evidence)))),
    )


__all__ = ["Evidence", "Verdict", "Violation", "judge"]
