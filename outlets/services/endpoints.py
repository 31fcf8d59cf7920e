"""Maintaining endpoints: their secrets, and when they are paused or disabled."""

import base64
import secrets
from datetime import datetime, timedelta

from django.db.models import F, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from bus.ops.deliveries import deliver_again
from outlets import selectors
from outlets.models import Endpoint
from shop.signing import PREFIX

SECRET_BYTES = 32
"""Standard Webhooks asks for 24 to 64."""

OVERLAP = timedelta(days=1)
"""For how long webhooks are signed with the secret before, too."""

DEAD_AFTER = timedelta(days=5)
"""An endpoint that has accepted nothing for so long is disabled."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=15)
"""After the first failure in a row; doubled with each. It holds back all webhooks of the endpoint:
one that does not answer costs a worker one call each time, and not one for each webhook."""

LONGEST_SPREAD = timedelta(hours=6)
"""What waits for an endpoint that is back has been sent after so long; as its longest retry."""

MOST_RESUMED = 500
"""Webhooks that staff have sent at once by enabling an endpoint."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def set_up(endpoint: Endpoint) -> str:
    """Give a new endpoint its secret, and return it; the row is not saved."""
    endpoint.secret = new_secret()
    return endpoint.secret


def rotate_secret(endpoint: Endpoint) -> str:
    """Replace the secret and return the new one; the old one signs, too, for `OVERLAP`.

    Within that time the old one stays: the consumer may not have changed over to the one between.
    """
    if len(valid_secrets(endpoint)) == 1:
        endpoint.previous_secret = endpoint.secret
    endpoint.previous_until = timezone.now() + OVERLAP
    endpoint.secret = new_secret()
    endpoint.save(update_fields=["secret", "previous_secret", "previous_until"])
    return endpoint.secret


def valid_secrets(endpoint: Endpoint) -> list[str]:
    """The secrets that sign now, the newest first."""
    until = endpoint.previous_until
    before = [endpoint.previous_secret] if until and until > timezone.now() else []
    return [endpoint.secret, *before]


def enable(endpoint: Endpoint) -> None:
    """Forget why it was disabled, and that it failed."""
    Endpoint.objects.filter(pk=endpoint.pk).update(
        enabled=True, disabled_because="", disabled_at=None, **_NO_FAILURE
    )


def forget_failures(endpoint: Endpoint) -> None:
    """Begin anew: it has another address."""
    Endpoint.objects.filter(pk=endpoint.pk).update(**_NO_FAILURE)


def resume(endpoint: Endpoint, by: str) -> None:
    """Make due what waits for it, since staff have enabled it or corrected its address.

    At most `MOST_RESUMED`, the oldest: the rest comes at its time, and does not fall upon a
    consumer that is just back.
    """
    waiting = selectors.waiting_deliveries(endpoint, MOST_RESUMED)
    if waiting:
        deliver_again(waiting, by=by, why=f"Endpoint {endpoint.pk} was enabled or corrected.")


def disable(called: QuerySet[Endpoint], because: str) -> int:
    """Disable it for a reason that staff are told; what waits for it is skipped."""
    return called.update(
        enabled=False, disabled_because=because, disabled_at=timezone.now(), **_NO_FAILURE
    )


def as_called(endpoint: Endpoint) -> QuerySet[Endpoint]:
    """Its row, unless staff have disabled it or changed its address since the row was read."""
    return Endpoint.objects.filter(pk=endpoint.pk, url=endpoint.url, enabled=True)


def note_failure(endpoint: Endpoint, pause: timedelta | None) -> bool:
    """Note that it did not accept a webhook, and pause it; whether it is dead, and disabled now."""
    now = timezone.now()
    changes = {"failing_since": Coalesce("failing_since", now)}
    if pause is not None:
        changes |= {"failures": F("failures") + 1, "paused_until": now + pause}
    as_called(endpoint).update(**changes)
    # Judged by the row as it is now: staff may have enabled it again during the call.
    dead = as_called(endpoint).filter(failing_since__lte=now - DEAD_AFTER)
    return disable(dead, f"It has accepted nothing for {DEAD_AFTER.days} days.") > 0


def note_success(endpoint: Endpoint) -> None:
    if endpoint.failing_since is not None:
        Endpoint.objects.filter(pk=endpoint.pk).update(**_NO_FAILURE)


def pause_after(endpoint: Endpoint) -> timedelta:
    """How long to pause it after a failure that concerns all of its webhooks."""
    return min(FIRST_PAUSE * 2 ** min(endpoint.failures, 20), LONGEST_PAUSE)


def longest_spread(endpoint: Endpoint, now: datetime) -> timedelta:
    """Over how long the webhooks of a paused endpoint are spread: as long as it has failed.

    So each is started as often as that time doubles, and not with every pause.
    """
    return min(now - (endpoint.failing_since or now), LONGEST_SPREAD)


_NO_FAILURE = {"failing_since": None, "failures": 0, "paused_until": None}
