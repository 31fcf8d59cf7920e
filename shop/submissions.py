"""Forms that take effect once: after a double click, a reload, or the back button.

Each form has a token (`templatetags/submissions.py`). The first submission writes the token in the
transaction of its effect; a repeat does nothing and shows the first one's result.
"""

import logging
import secrets
from collections.abc import Callable
from datetime import timedelta
from functools import partial, wraps
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.contrib.messages.storage.base import BaseStorage, Message
from django.core.exceptions import PermissionDenied
from django.core.signing import BadSignature, TimestampSigner
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from shop.bare_page import bare_page
from shop.commits import DATABASE_AWAY, CommitUnanswered
from shop.models import Submission

FIELD = "form_token"
VALID = timedelta(days=14)
"""How long a page may stay open."""
KEPT = VALID + timedelta(days=1)

TOKENS = (FIELD, "csrfmiddlewaretoken")
View = Callable[..., HttpResponse]

BUSY = gettext_noop("The shop is busy")
LOST = gettext_noop("The form may have been saved: the database's response was lost.")
LATE = gettext_noop("The database did not respond in time. Nothing was saved.")

log = logging.getLogger(__name__)
_signer = TimestampSigner(salt="shop.submissions")


class ShownOnce(HttpResponse):
    """The page of a form that took effect, with what must not be stored, such as a secret.

    A repeat is led to `repeat_url` and does not get the page.
    """

    def __init__(self, content: str, repeat_url: str) -> None:
        super().__init__(content)
        self.repeat_url = repeat_url


def new_token() -> str:
    """A token for one form, signed with the time, so that it need not be stored before use."""
    return _signer.sign(secrets.token_urlsafe(16))


def once(view: View) -> View:
    """Make each form that is submitted to `view` take effect once.

    The view and its token share a transaction. A view marked with Django's `non_atomic_requests`
    commits in steps: its token is committed first, so it is not started twice, and if it failed in
    the middle, a repeat shows that.

    A view that neither redirects nor answers `ShownOnce` has refused the form, and the token stays
    valid. A request without a token comes from no form and is passed on.
    """

    @wraps(view)
    def sent(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        token = request.POST.get(FIELD) if request.method == "POST" else None
        if token is None:
            return view(request, *args, **options)
        try:
            key = _signer.unsign(token, max_age=VALID)
        except BadSignature:
            text = _("The page was open for too long, and nothing was done. It has been reloaded.")
            messages.error(request, text)
            return onward(request, request.get_full_path())
        act = partial(view, request, *args, **options)
        if getattr(view, "_non_atomic_requests", ()):
            return _in_steps(request, key, act)
        try:
            return _in_one_transaction(request, key, act)
        except CommitUnanswered:
            return _unanswered(LOST)
        except DATABASE_AWAY:
            return _unanswered(LATE)

    return sent


def _unanswered(text: str) -> HttpResponse:
    log.warning("%s", text)  # in English
    way_out = _(
        "Reload this page, or go back and submit the form again: it takes effect once, even if it "
        "was saved already."
    )
    page = bare_page(_(BUSY), f"{_(text)} {way_out}")
    return HttpResponse(page, status=HTTPStatus.SERVICE_UNAVAILABLE)


def onward(request: HttpRequest, url: str) -> HttpResponse:
    """Redirect after a form: with htmx's header in a dialog, else with a normal redirect."""
    if "HX-Request" in request.headers:
        return HttpResponse(headers={"HX-Redirect": url})
    return HttpResponseRedirect(url)


def prune() -> int:
    """Delete the submissions whose tokens are not valid any more; returns how many."""
    count, _by_model = Submission.objects.filter(at__lt=timezone.now() - KEPT).delete()
    return count


def _in_one_transaction(
    request: HttpRequest, key: str, act: Callable[[], HttpResponse]
) -> HttpResponse:
    with transaction.atomic():
        submission, is_new = _claim(request, key)
        if not is_new:
            return _answered_again(request, submission)
        return _finished(request, submission, act)


def _in_steps(request: HttpRequest, key: str, act: Callable[[], HttpResponse]) -> HttpResponse:
    submission, is_new = _claim(request, key)
    if not is_new:
        return _answered_again(request, submission)
    try:
        return _finished(request, submission, act)
    except (PermissionDenied, Http404):
        submission.delete()
        raise


def _claim(request: HttpRequest, key: str) -> tuple[Submission, bool]:
    """The submission, and whether it is new.

    Waits for a transaction with the same key: the unique key is the lock.
    """
    return Submission.objects.get_or_create(key=key, defaults={"content": _content(request)})


def _content(request: HttpRequest) -> str:
    """A fingerprint of the fields; keyed, since a field may be a password."""
    fields = sorted((name, request.POST.getlist(name)) for name in request.POST)
    said = repr([field for field in fields if field[0] not in TOKENS])
    return salted_hmac("shop.submissions", said, algorithm="sha256").hexdigest()


def _finished(
    request: HttpRequest, submission: Submission, act: Callable[[], HttpResponse]
) -> HttpResponse:
    before = len(_shown(request))
    response = act()
    answer = _answer(response)
    if answer is None:
        submission.delete()
    else:
        said = [_stored(message) for message in _shown(request)[before:]]
        submission.answer = answer | {"messages": said}
        submission.save(update_fields=["answer"])
    return response


def _answer(response: HttpResponse) -> dict[str, Any] | None:
    """The response for repeats; None if the form was refused."""
    if isinstance(response, ShownOnce):
        return {"url": response.repeat_url}
    if url := response.headers.get("HX-Redirect") or response.headers.get("Location"):
        return {"url": url}
    if isinstance(response, TemplateResponse) and "popup_response_data" in (
        response.context_data or {}
    ):
        # A pop-up in which a related row was added; this page closes it.
        return {"page": response.render().content.decode()}
    return None


def _answered_again(request: HttpRequest, submission: Submission) -> HttpResponse:
    at = {"at": date_format(timezone.localtime(submission.at), _("j M, H:i:s"))}
    answer = submission.answer
    if answer is None:
        text = _("This form was submitted at %(at)s and has not finished; it is not started again.")
        messages.warning(request, text % at)
        return onward(request, request.get_full_path())
    if "page" in answer:
        return HttpResponse(answer["page"])
    if submission.content == _content(request):
        text = _("This form was sent before, at %(at)s, and took effect once:")
        url = answer["url"]
    else:
        text = _(
            "This form was sent before, at %(at)s; your changes since then are not saved. Make "
            "them in the page as it is now. What the form did:"
        )
        url = request.get_full_path()
    messages.warning(request, text % at)
    for said in answer["messages"]:
        words = mark_safe(said["text"]) if said["safe"] else said["text"]  # noqa: S308 -- it was safe
        messages.add_message(request, said["level"], words, extra_tags=said["tags"])
    return onward(request, url)


def _shown(request: HttpRequest) -> list[Message]:
    """The messages of this request, without marking as shown what no page has shown."""
    storage = messages.get_messages(request)
    used = isinstance(storage, BaseStorage) and storage.used
    found = list(storage)
    if isinstance(storage, BaseStorage):
        storage.used = used
    return found


def _stored(message: Message) -> dict[str, Any]:
    return {
        "level": message.level,
        "text": str(message.message),
        "tags": message.extra_tags,
        "safe": isinstance(message.message, SafeString),
    }
