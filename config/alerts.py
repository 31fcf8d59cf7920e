"""The handlers that alert operators, by mail and by a webhook, when the bus needs a person.

The mails go through the queue of notifications and the webhook through that of analytics, so that
no queue that stands still silences both. They name ids, counts and places in the code, no persons.
"""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.timezone import localtime

from analytics.tasks import QUEUE as ANALYTICS
from bus import DeliveryDied, QueueStuck, Retry, subscribe
from bus.failures import failure_group
from notifications.tasks import QUEUE as NOTIFICATIONS
from shop.http import ServiceUnavailable, http_service
from shop.mail.address import rewritten
from shop.mail.errors import MailDeferred
from shop.mail.identity import message_id, sender

# An alert is worth little after a few hours: the next one comes within the hour.
RETRY = Retry(
    on=(MailDeferred, ServiceUnavailable),
    times=8,
    first_wait=timedelta(minutes=1),
    longest_wait=timedelta(hours=1),
)

MAILS: dict[str, Any] = {"queue": NOTIFICATIONS, "retry": RETRY, "external": True}
POSTS: dict[str, Any] = {"queue": ANALYTICS, "retry": RETRY, "external": True, "repeatable": True}

POST_TIMEOUT = timedelta(seconds=10)


@subscribe(DeliveryDied, **MAILS)
def mail_death(died: DeliveryDied, key: str) -> None:
    """Mail the operators that deliveries die."""
    if settings.OPERATORS:
        _mail(_of_death(died), key)


@subscribe(QueueStuck, **MAILS)
def mail_standstill(stuck: QueueStuck, key: str) -> None:
    """Mail the operators that a queue stands still."""
    if settings.OPERATORS:
        _mail(_of_standstill(stuck), key)


@subscribe(DeliveryDied, **POSTS)
def post_death(died: DeliveryDied, key: str) -> None:
    """Post to the operators' webhook that deliveries die."""
    if settings.OPERATORS_WEBHOOK:
        _post(died, _of_death(died), key)


@subscribe(QueueStuck, **POSTS)
def post_standstill(stuck: QueueStuck, key: str) -> None:
    """Post to the operators' webhook that a queue stands still."""
    if settings.OPERATORS_WEBHOOK:
        _post(stuck, _of_standstill(stuck), key)


@dataclass(frozen=True)
class Words:
    """An alert in words: a line that says it, the details, and the page to act on."""

    headline: str
    details: list[str]
    link: str


def _of_death(died: DeliveryDied) -> Words:
    group = failure_group(died.failure)
    now = f"{group.dead} dead, {group.retrying} tried again" if group else "none is open any more"
    place = f" at {died.frame}" if died.frame else ""
    return Words(
        f"Dead: {died.subscription}, {died.kind.rpartition('.')[2]}",
        [
            f"Delivery {died.delivery} of {died.about} has died after {died.attempts} attempts.",
            f"Error: {died.kind}{place}",
            f"Deliveries that failed like it: {now}.",
            "For an hour no other death of this group of failures is reported.",
        ],
        settings.SITE_URL + reverse("admin:bus_failure_change", args=[died.failure]),
    )


def _of_standstill(stuck: QueueStuck) -> Words:
    return Words(
        f"Stuck: the queue {stuck.queue}",
        [
            f"Deliveries are due since {localtime(stuck.since):%Y-%m-%d %H:%M}; none is started.",
            f"Subscriptions: {', '.join(stuck.subscriptions)}",
            f"Does a worker run? celery -A config worker --queues {stuck.queue}",
        ],
        settings.SITE_URL + reverse("admin:index"),
    )


def _mail(words: Words, key: str) -> None:
    message = EmailMessage(
        f"[{settings.SHOP_NAME}] {words.headline}",
        "\n".join([*words.details, "", words.link, ""]),
        from_email=sender(),
        to=[rewritten(mailbox) for mailbox in settings.OPERATORS],
        # RFC 3834: automatic responders must not answer it.
        headers={"Message-ID": message_id(key), "Auto-Submitted": "auto-generated"},
    )
    message.send()


def _post(alert: DeliveryDied | QueueStuck, words: Words, key: str) -> None:
    data, _personal = alert.split()
    body = {
        "type": type(alert).__name__,
        # What chat systems show.
        "text": "\n".join([words.headline, *words.details, words.link]),
        "link": words.link,
        "data": data,
    }
    with http_service("OPERATORS_WEBHOOK", POST_TIMEOUT) as service:
        service.post(json.dumps(body).encode(), key)
