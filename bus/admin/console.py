"""The operator's console: the pages of the bus that answer what is going on."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.admin import ModelAdmin

from bus import jobs
from bus.admin.console_cells import matrix_lines
from bus.admin.console_rows import queue_lines, stream_lines, worker_lines
from bus.broker import quarantine
from bus.console import search
from bus.console.matrix import matrix
from bus.console.pictures import arrows, event_map
from bus.console.state import board
from bus.models import Console
from bus.ops import LONGEST_WHO, Refused
from bus.ops.jobs import run_job
from bus.streams import is_id, timeline, verdict

FRAGMENT = "X-Console-Fragment"
"""The header with which the page's script asks for the part that changes."""

PAGES = {
    "changelist": "Queues",
    "matrix": "Streams",
    "map": "Map",
    "jobs": "Jobs",
    "quarantine": "Quarantine",
}


@admin.register(Console)
class ConsoleAdmin(ModelAdmin):
    """Pages in place of the model's list; to be seen by whoever may view deliveries."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, _row: Any = None) -> bool:
        return request.user.has_perm("bus.view_delivery")

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        pages = {
            "": ("changelist", self.changelist_view),
            "streams/": ("matrix", self.matrix_view),
            "stream/": ("stream", self.stream_view),
            "map/": ("map", self.map_view),
            "jobs/": ("jobs", self.jobs_view),
            "quarantine/": ("quarantine", self.quarantine_view),
        }
        return [
            path(route, self.admin_site.admin_view(view), name=f"bus_console_{name}")
            for route, (name, view) in pages.items()
        ]

    def changelist_view(self, request: HttpRequest, *_: Any) -> HttpResponse:
        """Queues and subscriptions: what waits, what works, what is wrong."""
        self._require(request)
        now = board()
        queue = request.GET.get("queue", "")
        show = request.GET.get("show", "")
        context = {
            "board": now,
            "lines": queue_lines(now, queue, show),
            "worker_lines": worker_lines(now),
            "queues": [row.name for row in now.queues],
            "queue": queue,
            "show": show,
        }
        if FRAGMENT in request.headers:
            return TemplateResponse(request, "bus/console/board.html", context)
        return self._page(request, "changelist", context)

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
        if request.method == "POST":
            self._require_operator(request)
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
        return self._page(request, "jobs", {"jobs": jobs.overview()})

    def quarantine_view(self, request: HttpRequest) -> HttpResponse:
        """Malformed messages, and dropping them."""
        self._require(request)
        if request.method == "POST":
            self._require_operator(request)
            try:
                marks = set(request.POST.getlist("mark"))
                count = quarantine.drop(None if "all" in request.POST else marks)
            except quarantine.BrokerAway as error:
                messages.error(request, f"{error} Look again before you repeat it.")
            else:
                messages.success(request, f"{count} dropped.")
            return HttpResponseRedirect(request.get_full_path())
        context: dict[str, Any] = {}
        try:
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
            "may_operate": request.user.has_perm("bus.operate"),
            **more,
        }
        return TemplateResponse(request, f"bus/console/{name}.html", context)

    def _require(self, request: HttpRequest) -> None:
        if not self.has_view_permission(request):
            raise PermissionDenied

    def _require_operator(self, request: HttpRequest) -> None:
        if not request.user.has_perm("bus.operate"):
            raise PermissionDenied


def _number(text: str) -> int | None:
    return int(text) if is_id(text) else None
