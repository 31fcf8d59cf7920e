"""The dashboard for staff who may see figures."""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from analytics import live, selectors

MAY_SEE_FIGURES = "analytics.view_dayfigures"


def _sees_figures(user: AbstractBaseUser | AnonymousUser) -> bool:
    """Send strangers to the login; refuse staff without the permission with 403."""
    if not (user.is_active and user.is_staff):
        return False
    if not user.has_perm(MAY_SEE_FIGURES):
        raise PermissionDenied
    return True


figures_required = user_passes_test(_sees_figures)


@require_GET
@never_cache
@figures_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """The page with the current figures; its script updates them."""
    figures = {"at": timezone.now().isoformat(), **selectors.dashboard()}
    context = {
        "figures": figures,
        "shop_name": settings.SHOP_NAME,
        "time_zone": settings.TIME_ZONE,
    }
    return render(request, "analytics/dashboard.html", context)


@require_GET
@never_cache
@figures_required
def snapshot(_request: HttpRequest) -> JsonResponse:
    """The current figures, for viewers without a stream."""
    return JsonResponse({"at": timezone.now().isoformat(), **selectors.dashboard()})


@require_GET
@figures_required
async def stream(_request: HttpRequest) -> HttpResponseBase:
    """The figures as server-sent events (HTML standard, section 9.2), until the viewer leaves.

    Needs an ASGI server. 503 with `Retry-After` above MOST_VIEWERS; requests at the same instant
    may exceed it.
    """
    feed = live.feed()
    if feed.full:
        problem = {"detail": "Too many viewers; poll the snapshot instead."}
        return JsonResponse(problem, status=503, headers={"Retry-After": "30"})
    # The user's lookup has opened a connection, which the stream would hold until its end.
    await sync_to_async(close_old_connections)()
    return StreamingHttpResponse(
        feed.watch(),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
