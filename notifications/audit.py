"""What must hold between the mails on record and the ledger."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any

from django.db.models import Exists
from django.utils import timezone

from bus.audit import Effect, Finding, check, effects, key_of, once
from bus.selectors import settled
from notifications import tasks
from notifications.models import Message, State

LONGEST_SILENCE = timedelta(hours=2)
"""Above the longest wait of the retry policy with the longest send."""

ASKS = (
    "Ask the mail relay's log whether it went out. If it did, discard what is open of its "
    "delivery; if not, deliver that again: this sends a mail."
)
"""Nobody but the relay knows, and a mail cannot be taken back, so none is sent by a repair."""


@check("every mail that was begun came to an end")
def no_mail_is_stuck() -> Iterable[Finding]:
    stuck = Message.objects.filter(
        state=State.SENDING, begun_at__lt=timezone.now() - LONGEST_SILENCE
    )
    for number, key in stuck.order_by("id").values_list("order_number", "key"):
        # A worker that died in the middle leaves it so, and the ledger tries again: not a fault.
        if settled(number):
            yield Finding(number, f"has a mail that was begun and never ended: {key}", asks=ASKS)


recorded_once = once("a delivery's mail is on record once", Message.objects.all(), "key", asks=ASKS)

told_once = once(
    "a customer has one mail for an event, unless staff repeat it",
    Message.objects.filter(original=None),
    "order_number",
    "about",
    asks="Tell the customer which of the mails holds.",
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
)
