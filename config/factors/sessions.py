"""The middleware that finds the user: only with the second factor, where one is needed."""

from functools import partial

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from config.factors.devices import device_of
from config.factors.pending import PASSED


class StaffMiddleware(AuthenticationMiddleware):
    """Take a session for a stranger's if it was opened without a second factor that is needed.

    So a session ends when its device is removed, and when STAFF_SECOND_FACTOR is switched on. It
    takes one query for each request that asks for the user, and none for visitors.
    """

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        known = request.user
        judged = SimpleLazyObject(partial(_judged, request, known))
        request.user = judged  # type: ignore[assignment]  # as Django's own
        request.auser = partial(_awaited, judged)


def _judged(request: HttpRequest, user: User | AnonymousUser) -> User | AnonymousUser:
    if not user.is_authenticated:
        return user
    device, passed = device_of(user), request.session.get(PASSED)
    if device is None and passed is None:
        return AnonymousUser() if settings.STAFF_SECOND_FACTOR else user
    return user if device and passed == device.pk else AnonymousUser()


async def _awaited(judged: SimpleLazyObject) -> User | AnonymousUser:
    await sync_to_async(bool)(judged)
    return judged  # type: ignore[return-value]  # stands for a user
