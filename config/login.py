"""The admin's login: limited tries, and few passwords checked at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.debug import sensitive_post_parameters

from shop.budgets import network_of
from shop.spending import SharedBudget
from shop.views import too_many_requests

PER_ACCOUNT = SharedBudget("LOGINS_PER_ACCOUNT")
"""For one account from one address, so that a stranger cannot lock staff out."""
PER_ADDRESS = SharedBudget("LOGINS_PER_ADDRESS")

AT_ONCE = max(1, (os.cpu_count() or 1) // 2)
"""Passwords checked in parallel by this process; each takes a core for a third of a second."""
WAITING = 4
"""Further tries that wait; more are answered 429."""

_checking = BoundedSemaphore(AT_ONCE)
_waiting = BoundedSemaphore(AT_ONCE + WAITING)


@sensitive_post_parameters()
def login(request: HttpRequest) -> HttpResponseBase:
    """The admin's own login, behind budgets.

    A try is counted before the password is checked, so that parallel ones count, too; a right
    password, which is answered with a redirect, returns it. A session that is open already
    does not count: the password tried may be that of another account.
    """
    if request.method != "POST":
        return admin.site.login(request)
    address = network_of(request.META.get("REMOTE_ADDR"))
    account = f"{request.POST.get('username', '')[:150].casefold()} {address}"
    if wait := PER_ADDRESS.take(address) or PER_ACCOUNT.take(account):
        return too_many_requests(request, wait)
    with _place() as free:
        if not free:
            PER_ADDRESS.give_back(address)
            PER_ACCOUNT.give_back(account)
            return too_many_requests(request, 2)
        answer = admin.site.login(request)
    if answer.status_code == 302:
        PER_ADDRESS.give_back(address)
        PER_ACCOUNT.forgive(account)
    return answer


@contextmanager
def _place() -> Iterator[bool]:
    """Wait for a place among the checks; False if too many wait already."""
    if not _waiting.acquire(blocking=False):
        yield False
        return
    try:
        with _checking:
            yield True
    finally:
        _waiting.release()
