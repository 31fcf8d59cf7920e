"""Erasing the addresses of mails."""

from collections.abc import Sequence

from notifications.models import Message
from shop.events import CustomerForgotten
from shop.mail.folder import erase


def forget_recipient(forgotten: Sequence[CustomerForgotten]) -> None:
    """Erase the addresses from the records of these orders' mails, and the mails where the shop
    writes them into a folder. What a mail server has taken is beyond the shop."""
    mails = Message.objects.filter(order_number__in=[one.number for one in forgotten])
    erase(mails.values_list("message_id", flat=True))
    mails.update(to="")
