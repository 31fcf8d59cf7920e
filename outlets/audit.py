"""The audit's rules for webhooks."""

from django.db.models import Exists, OuterRef

from bus.audit import Effect, effects
from outlets import tasks
from outlets.models import State, Webhook

_webhook = Webhook.objects.filter(key=OuterRef("event__key"))

done_without_effect, effect_without_done = effects(
    "outlets",
    Effect(
        handler=tasks.send_webhook,
        what="webhook",
        there=Exists(_webhook.exclude(state=State.WAITING)),
        trace=Exists(_webhook.filter(state=State.SENT)),
        again=None,
        asks="Find out from the consumer whether it had the webhook; if not, send it again.",
    ),
)
