"""The operator's console: the pages of the bus that answer what is going on."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.decorators import user_passes_test
from django.core.exceptions import PermissionDenied
from django.db.transaction import non_atomic_requests
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from bus import conf, feed, jobs
from bus.admin import console_board
from bus.admin.console_board import Chosen
from bus.admin.console_cells import matrix_lines
from bus.admin.console_rows import stream_lines
from bus.broker import quarantine
from bus.console import search
from bus.console.matrix import matrix
from bus.console.pictures import arrows, event_map
from bus.console.state import board
from bus.models import Console
from bus.ops import LONGEST_WHO, Refused
from bus.ops.jobs import run_job
from bus.streams import is_id, timeline, verdict

PAGES = {
    "changelist": "Queues",
    "matrix": "Streams",
    "map": "Map",
    "jobs": "Jobs",
    "quarantine": "Quarantine",
}


def may_see(user: Any) -> bool:
    """Whoever may view deliveries may see the console."""
    return bool(user.has_perm("bus.view_delivery"))


def _sees(user: Any) -> bool:
    """Send strangers to the login; refuse staff without the permission with 403."""
    if not (user.is_active and user.is_staff):
        return False
    if not may_see(user):
        raise PermissionDenied
    return True


@non_atomic_requests
@user_passes_test(_sees)
async def board_stream(request: HttpRequest) -> HttpResponseBase:
    """The board as server-sent events; see `bus.feed.stream`."""
    chosen = Chosen.of(request)
    return await feed.stream(request, console_board.news, chosen, every=console_board.EVERY)


@admin.register(Console)
class ConsoleAdmin(ModelAdmin):
    """Pages in place of the model's list."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, _row: Any = None) -> bool:
        return may_see(request.user)

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "": ("changelist", self.changelist_view),
            "board/": ("board", self.board_view),
            "streams/": ("matrix", self.matrix_view),
            "stream/": ("stream", self.stream_view),
            "map/": ("map", self.map_view),
            "jobs/": ("jobs", self.jobs_view),
            "quarantine/": ("quarantine", self.quarantine_view),
        }
        own = [
            path(route, self.admin_site.admin_view(view), name=f"bus_console_{name}")
            for route, (name, view) in pages.items()
        ]
        # Not by the admin's wrapper: it cannot await a view.
        return [*own, path("board/stream/", board_stream, name="bus_console_board_stream")]

    def changelist_view(self, request: HttpRequest, *_: Any) -> HttpResponse:
        """Queues and subscriptions: what waits, what works, what is wrong."""
        self._require(request)
        now = board()
        context = console_board.context(now, Chosen.of(request))
        queues = [row.name for row in now.queues]
        return self._page(request, "changelist", {**context, "queues": queues})

    def board_view(self, request: HttpRequest) -> HttpResponse:
        """The part of that page that changes, for those without a stream."""
        self._require(request)
        return JsonResponse(console_board.drawn(board(), Chosen.of(request)))

    def matrix_view(self, request: HttpRequest) -> HttpResponse:
        """The newest streams and what became of each of their deliveries."""
        self._require(request)
        wanted = request.GET.get("q", "").strip()
        streams = search.streams(wanted, request.user) if wanted else None
        if streams is not None and len(streams) == 1:
            return HttpResponseRedirect(
                reverse("admin:bus_console_stream", query={"stream": streams[0]})
            )
        found = matrix(_number(request.GET.get("before", "")), streams)
        context = {
            "matrix": found,
            "lines": matrix_lines(found),
            "wanted": wanted,
            "hints": search.hints(request.user),
        }
        return self._page(request, "matrix", context)

    def stream_view(self, request: HttpRequest) -> HttpResponse:
        """Every event of one stream with its deliveries."""
        self._require(request)
        stream = request.GET.get("stream", "")
        events = timeline(stream) if stream and "\0" not in stream else []
        if not events:
            raise Http404("No event was published in this stream.")
        context = {
            "stream": stream,
            "events": stream_lines(events),
            "verdict": verdict(events),
            "title": stream,
        }
        return self._page(request, "stream", context)

    def map_view(self, request: HttpRequest) -> HttpResponse:
        """Which handlers react to which event."""
        self._require(request)
        found = arrows()
        by_event: dict[str, list[Any]] = {}
        for arrow in sorted(found, key=lambda one: one.event):
            by_event.setdefault(arrow.event, []).append(arrow)
        return self._page(request, "map", {"picture": event_map(found), "events": by_event})

    def jobs_view(self, request: HttpRequest) -> HttpResponse:
        """The nightly jobs: their last runs, and *run now*."""
        self._require(request)
        may_run = request.user.has_perm("bus.run_job")
        if request.method == "POST":
            if not may_run:
                raise PermissionDenied
            name = request.POST.get("job", "")
            who = request.user.get_username()[:LONGEST_WHO]
            try:
                run_job(name, by=who)
            except Refused as error:
                messages.error(request, str(error))
            else:
                messages.success(
                    request, f"{jobs.by_name[name].title} begins as soon as a worker is free."
                )
            return HttpResponseRedirect(request.get_full_path())
        found = jobs.overview()
        running = any(one.requested or one.running for one in found)
        return self._page(request, "jobs", {"jobs": found, "running": running, "may_run": may_run})

    def quarantine_view(self, request: HttpRequest) -> HttpResponse:
        """Malformed messages, and dropping them."""
        self._require(request)
        may_drop = request.user.has_perm("bus.drop_message")
        if request.method == "POST":
            if not may_drop:
                raise PermissionDenied
            try:
                marks = set(request.POST.getlist("mark"))
                count = quarantine.drop(None if "all" in request.POST else marks)
            except quarantine.BrokerAway as error:
                messages.error(request, f"{error} Look again before you repeat it.")
            else:
                messages.success(request, f"{count} dropped.")
            return HttpResponseRedirect(request.get_full_path())
        context: dict[str, Any] = {"no_broker": not conf.has_broker(), "may_drop": may_drop}
        try:
            if conf.has_broker():
                context["quarantine"] = quarantine.read()
        except quarantine.BrokerAway as error:
            context["away"] = str(error)
        return self._page(request, "quarantine", context)

    def _page(self, request: HttpRequest, name: str, more: dict[str, Any]) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": PAGES.get(name, ""),
            "opts": self.opts,
            "tabs": [(f"admin:bus_console_{page}", title) for page, title in PAGES.items()],
            "here": f"admin:bus_console_{name}",
            **more,
        }
        return TemplateResponse(request, f"bus/console/{name}.html", context)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied


def _number(text: str) -> int | None:
    return int(text) if is_id(text) else None
