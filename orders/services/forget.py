"""Forgetting a customer: personal data is erased, what the law requires is kept."""

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from bus import persons, publish
from bus.selectors import settled, unregistered
from orders.models import VALID, Erasure, IdempotencyKey, Order, State
from orders.phases import CANCELLED, REJECTED, SHIPPED, phase_of
from orders.selectors import orders_of
from shop.events import CustomerForgotten
from shop.mailboxes import mailbox

ENDED = (SHIPPED, CANCELLED, REJECTED)

BLANK = dict.fromkeys(("email", "name", "line1", "line2", "postal_code", "city", "region"), "")
"""The country stays: without the rest it is no person's."""

MOST_NAMED = 5


class NotForgettable(ValueError):
    """The customer cannot be forgotten, or not yet; the message says why, and names no person."""


def erasure_obstacle(email: str) -> str:
    """Why the erasure of this address cannot be requested now; empty if it can be."""
    if not orders_of(email).exists():
        return "There is no order of this address."
    since = timezone.now() - VALID
    waiting = _open_requests(email).filter(requested_at__gt=since).first()
    if waiting:
        return f"{waiting.requested_by} has requested it already; agree to {waiting}."
    return ""


def request_erasure(email: str, *, by: str, why: str) -> Erasure:
    """Request that the data of this address is erased; another person must agree within `VALID`.

    Raises:
        NotForgettable: there is no order of the address, it was requested already, or there is no
            reason.
    """
    _require_reason(why)
    if obstacle := erasure_obstacle(email):
        raise NotForgettable(obstacle)
    with transaction.atomic():
        person = persons.digest(mailbox(email))
        too_old = timezone.now() - VALID
        _open_requests(email).filter(requested_at__lte=too_old).delete()
        erasure, created = Erasure.objects.get_or_create(
            person=person,
            erased_at=None,
            defaults={"email": email, "why": why, "requested_by": by},
        )
    if not created:  # by another request at this instant
        raise NotForgettable(f"It was requested already; agree to {erasure}.")
    return erasure


def drop_expired_requests() -> None:
    """Delete the requests that nothing came of, with their addresses; run every night."""
    Erasure.objects.filter(erased_at=None, requested_at__lte=timezone.now() - VALID).delete()


def agree_to_erasure(erasure_id: int, *, by: str) -> Erasure:
    """Agree to a request of another person, which erases the data; see `forget`.

    Raises:
        Erasure.DoesNotExist: there is no such request.
        NotForgettable: see `forget`. Or it is one's own request, too old, or done already.
    """
    with transaction.atomic():
        erasure = Erasure.objects.select_for_update().get(pk=erasure_id)
        if erasure.erased_at:
            raise NotForgettable("The data was erased already.")
        if erasure.requested_by == by:
            raise NotForgettable("Another person must agree: you have requested it.")
        if erasure.requested_at <= timezone.now() - VALID:
            raise NotForgettable(f"The request is over {VALID.days} days old; request it anew.")
        erasure.agreed_by = by
        _erase(erasure)
    return erasure


def forget(email: str, *, by: str, why: str) -> Erasure:
    """Erase the personal data of a customer, in one transaction, and publish `CustomerForgotten`
    for each order, by which the other apps erase theirs.

    Drafts are deleted. What the customer orders afterwards is a new person's.

    Raises:
        NotForgettable: there is no order of the address, or one is not finished: it waits to be
            sent, or has deliveries that are not done. Or an app's worker has not registered its
            handler yet. Nothing is erased then.
    """
    _require_reason(why)
    with transaction.atomic():
        person = persons.digest(mailbox(email))
        erasure = _open_requests(email).select_for_update().first()
        erasure = erasure or Erasure(person=person, email=email, why=why, requested_by=by)
        erasure.agreed_by = "" if erasure.requested_by == by else by
        erasure.why = why
        _erase(erasure)
    return erasure


def _require_reason(why: str) -> None:
    longest = Erasure._meta.get_field("why").max_length or 0
    if not 0 < len(why.strip()) <= longest:
        raise NotForgettable(f"Give a reason of at most {longest} characters; it stays on record.")


def _open_requests(email: str) -> QuerySet[Erasure]:
    return Erasure.objects.filter(person__in=persons.digests(mailbox(email)), erased_at=None)


def _erase(erasure: Erasure) -> None:
    if missing := unregistered(CustomerForgotten):
        raise NotForgettable(
            f"No worker of this release has registered {', '.join(missing)} yet; start them first."
        )
    person = mailbox(erasure.email)
    orders = list(orders_of(erasure.email).select_for_update().order_by("id"))
    placed = [order for order in orders if order.state != State.DRAFT]
    if not orders:
        raise NotForgettable("There is no order of this address.")
    _require_finished(placed)
    now = timezone.now()
    persons.forget(person, [str(order.number) for order in placed])
    # It has waited for a checkout that was publishing, whose order would lose its customer.
    if orders_of(erasure.email).exclude(pk__in=[order.pk for order in orders]).exists():
        raise NotForgettable("The customer is ordering at this moment.")
    ours = Order.objects.filter(pk__in=[order.pk for order in placed])
    ours.filter(rejected=False).update(cancel_reason="")
    ours.update(**BLANK, forgotten_at=now)
    IdempotencyKey.objects.filter(order__in=[order.public_id for order in placed]).delete()
    for order in orders:
        if order.state == State.DRAFT:
            order.delete()
    for order in placed:
        publish(CustomerForgotten(number=str(order.number), order_id=order.public_id, at=now))
    erasure.email, erasure.erased_at, erasure.orders = "", now, len(placed)
    erasure.save()


def _require_finished(placed: list[Order]) -> None:
    ended = [order for order in placed if phase_of(order) in ENDED]
    if open_ones := [str(order) for order in placed if order not in ended]:
        raise NotForgettable(
            f"{_named(open_ones)} must be sent or cancelled before the customer can be forgotten."
        )
    if unsettled := [str(order) for order in ended if not settled(str(order.number))]:
        raise NotForgettable(
            f"{_named(unsettled)} must have all deliveries done or discarded before the customer "
            "can be forgotten; manage.py trace NUMBER shows them."
        )


def _named(numbers: list[str]) -> str:
    others = len(numbers) - MOST_NAMED
    return ", ".join(numbers[:MOST_NAMED]) + (f" and {others} others" if others > 0 else "")
