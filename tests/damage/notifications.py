"""Damage to the record of mails."""

from contextlib import ExitStack
from datetime import timedelta

from django.utils import timezone

from bus.models import State
from notifications.models import Message
from tests.damage.planting import breaks, ledger
from tests.damage.settled import Shop


def mail(shop: Shop) -> Message:
    return Message.objects.get(order_number=shop.released, kind="order confirmation")


@breaks("every delivery of notifications that is done has its effect", mends=False)
def mail_lost(shop: Shop, _stack: ExitStack) -> str:
    mail(shop).delete()
    return shop.released


@breaks("every effect of notifications is done in the ledger", mends=False)
def mail_that_is_not_done(shop: Shop, _stack: ExitStack) -> str:
    return ledger(shop, "send_order_confirmation", state=State.DEAD)


@breaks("every mail that is sending has an open delivery", mends=False)
def mail_stuck(shop: Shop, _stack: ExitStack) -> str:
    long_ago = timezone.now() - timedelta(days=1)
    Message.objects.filter(pk=mail(shop).pk).update(
        state="sending", sent_at=None, begun_at=long_ago
    )
    return shop.released


@breaks("a customer has one mail for an event, unless staff repeat it", mends=False)
def told_twice(shop: Shop, _stack: ExitStack) -> str:
    second = mail(shop)
    second.pk, second.key = None, "another"
    second.save()
    return shop.released
