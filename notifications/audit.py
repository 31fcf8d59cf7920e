"""The audit's rules for mails."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from bus.audit import Effect, Finding, check, effects, key_of
from bus.selectors import settled
from notifications import tasks
from notifications.models import Message, State

LONGEST_SILENCE = timedelta(hours=2)
"""More than the retry policy's longest wait plus the longest send."""

ASKS = (
    "Find out in the mail server's log whether it was sent. If it was, discard its delivery if "
    "that is open; if not, deliver it again, which sends a mail."
)
"""Only the mail server's log shows whether a mail was sent, so no repair sends one."""


@check("every mail that is sending has an open delivery")
def no_mail_is_stuck() -> Iterable[Finding]:
    stuck = Message.objects.filter(
        state=State.SENDING, begun_at__lt=timezone.now() - LONGEST_SILENCE
    )
    for number, key in stuck.order_by("id").values_list("order_number", "key"):
        # Not a fault while a delivery is open: a worker died, and the ledger retries.
        if settled(number):
            yield Finding(
                number, f"has a mail that is sending, but no open delivery: {key}", asks=ASKS
            )


@check("a customer has one mail for an event, unless staff repeat it")
def told_once() -> Iterable[Finding]:
    mails = Message.objects.filter(original=None)
    by_event = mails.order_by("order_number", "about").values_list("order_number", "about")
    for number, about, times in by_event.annotate(times=Count("pk")).filter(times__gt=1):
        keys = mails.filter(order_number=number, about=about).order_by("pk").values_list("pk")
        yield Finding(
            f"{number} {about}",
            f"is there {times} times: message {', '.join(str(key) for (key,) in keys)}",
            asks="Inform the customer which of the mails is valid.",
        )


def _mail(handler: Callable[..., Any]) -> Effect:
    message = Message.objects.filter(key=key_of(handler))
    return Effect(
        handler=handler,
        what="sent mail",
        there=Exists(message.filter(state__in=[State.SENT, State.SKIPPED])),
        trace=Exists(message.filter(state=State.SENT)),
        again=None,
        asks=ASKS,
    )


_mails = Message.objects.filter(order_number=OuterRef("stream"))

done_without_effect, effect_without_done = effects(
    "notifications",
    *map(
        _mail,
        (
            tasks.send_order_confirmation,
            tasks.send_cancellation,
            tasks.send_invoice,
            tasks.send_dispatch_notice,
            tasks.resend_message,
        ),
    ),
    Effect(
        handler=tasks.forget_recipient,
        what="erasure of the mails' addresses",
        there=~Exists(_mails.exclude(to="")),
        trace=Exists(_mails.filter(to="")),
    ),
)
