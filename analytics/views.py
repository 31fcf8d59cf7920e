"""The dashboard for staff who may see figures."""

from django.conf import settings
from django.contrib.auth.decorators import user_passes_test
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from analytics import selectors
from bus import feed

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
async def stream(request: HttpRequest) -> HttpResponseBase:
    """The figures as server-sent events; see `bus.feed.stream`."""
    return await feed.stream(request, selectors.news)
