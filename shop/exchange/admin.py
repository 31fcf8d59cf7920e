"""Import and export as pages of the admin, above a model's list.

Between preview and confirmation nothing is stored: the form that confirms carries the table and a
fingerprint of the preview, signed for its user. So it works with any number of web processes, and
nothing is left behind by whoever does not confirm.
"""

import logging
from collections import Counter
from typing import Any

from django.contrib import messages
from django.contrib.admin.models import ADDITION, CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from unfold.admin import ModelAdmin
from unfold.decorators import action

from shop.exchange.forms import FormatForm, UploadForm
from shop.exchange.resources import Exported, Imported, faults, fingerprint
from shop.exchange.tables import Table, Unreadable, write

log = logging.getLogger(__name__)

MOST_EXPORTED = 25_000
"""Rows of a file: more take longer than a person waits, and much memory."""

MOST_SHOWN = 200
"""Rows of a preview."""

MOST_CARRIED = 700_000
"""Characters of the table in the form that confirms; the admin takes forms of at most 1 MiB."""

PREVIEW_VALID = 3600
"""Seconds."""


class Exports(ModelAdmin):
    """Adds the export of the list, with its search and filters, for whoever may view it."""

    resource: type[Exported]
    actions_list: tuple[str, ...] = ("export_rows",)

    def has_export_permission(self, request: HttpRequest, *_: object) -> bool:
        return bool(self.has_view_permission(request))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        response: HttpResponse = super().changelist_view(request, extra_context)
        page = reverse(self._name("export_rows"))
        for one in getattr(response, "context_data", {}).get("actions_list", ()):
            if one.get("path") == page and request.GET:
                one["path"] = f"{page}?{request.GET.urlencode()}"
        return response

    @action(description="Export", icon="download", url_path="export", permissions=["export"])
    def export_rows(self, request: HttpRequest) -> HttpResponse:
        """Offer the formats; a POST answers with the file."""
        try:
            rows = self.get_changelist_instance(request).get_queryset(request)
        except IncorrectLookupParameters:
            return HttpResponseRedirect(reverse(self._name("changelist")))
        count = rows.count()
        form = FormatForm(request.POST or None)
        if request.method == "POST" and form.is_valid() and count <= MOST_EXPORTED:
            return self._file(request, rows, form.cleaned_data["format"])
        context = {"form": form, "count": count, "most": MOST_EXPORTED, "filtered": request.GET}
        return self._page(request, "export", context)

    def _file(self, request: HttpRequest, rows: Any, kind: Any) -> HttpResponse:
        resource = self.resource()
        table = resource.export(rows)
        content = write(kind, table.headers, table, resource.numbers)
        LogEntry.objects.create(
            user_id=_who(request),
            content_type=ContentType.objects.get_for_model(self.model),
            object_repr=str(self.opts.verbose_name_plural),
            action_flag=CHANGE,
            change_message=f"Exported {len(table)} rows as {kind}.",
        )
        name = f"{str(self.opts.verbose_name_plural).replace(' ', '-')}-{timezone.localdate()}"
        return HttpResponse(
            content,
            content_type=kind.content_type,
            headers={"Content-Disposition": f'attachment; filename="{name}.{kind}"'},
        )

    def _name(self, page: str) -> str:
        return f"admin:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def _page(self, request: HttpRequest, page: str, context: dict[str, Any]) -> HttpResponse:
        common = self.admin_site.each_context(request) | {
            "title": f"{page.capitalize()} {self.opts.verbose_name_plural}",
            "opts": self.opts,
            "list_page": reverse(self._name("changelist")),
        }
        return TemplateResponse(request, f"shop/{page}.html", common | context)


class Imports(Exports):
    """Adds the import: upload, preview with the errors of each row, confirmation."""

    resource: type[Imported]
    actions_list = ("import_rows", "export_rows")
    import_notes: tuple[str, ...] = ()
    """Sentences above the form."""

    def has_import_permission(self, request: HttpRequest, *_: object) -> bool:
        return bool(self.has_add_permission(request) and self.has_change_permission(request))

    @action(description="Import", icon="upload", url_path="import", permissions=["import"])
    def import_rows(self, request: HttpRequest) -> HttpResponse:
        """The form; a POST with a file shows the preview, one that confirms imports."""
        if "carried" in request.POST:
            return self._confirmed(request)
        form = UploadForm(request.POST or None, request.FILES or None)
        context: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            source, table = form.cleaned_data["file"]
            try:
                context = self._preview(request, source, table)
            except Unreadable as error:
                form.add_error("file", str(error))
        return self._import_page(request, {"form": form} | context)

    def _preview(self, request: HttpRequest, source: str, table: Table) -> dict[str, Any]:
        resource = self.resource()
        resource.check(table)
        with transaction.atomic():
            result = resource.bring_in(table, request.user, source, dry_run=True)
        if refused := faults(result, table):
            return {"faults": refused[:MOST_SHOWN], "count": len(refused), "source": source}
        carried = signing.dumps(
            [source, table.heading, table.rows, table.lines, fingerprint(result)],
            salt=self._salt(request),
            compress=True,
        )
        if len(carried) > MOST_CARRIED:
            raise Unreadable("The file has too much text for one import; split it.")
        kinds = Counter(row.import_type for row in result.rows)
        changes = [row for row in result.rows if row.import_type != row.IMPORT_TYPE_SKIP]
        return {
            "preview": changes[:MOST_SHOWN],
            "more": max(len(changes) - MOST_SHOWN, 0),
            "columns": result.diff_headers,
            "new": kinds["new"],
            "updated": kinds["update"],
            "unchanged": kinds["skip"],
            "carried": carried,
            "source": source,
        }

    def _confirmed(self, request: HttpRequest) -> HttpResponse:
        try:
            source, heading, rows, lines, shown = signing.loads(
                request.POST["carried"], salt=self._salt(request), max_age=PREVIEW_VALID
            )
        except signing.BadSignature:
            messages.error(request, "The preview is too old. Nothing was imported; upload again.")
            return HttpResponseRedirect(request.get_full_path())
        table = Table(heading, rows, lines)
        result = self._imported(request, source, table, shown)
        if result is None:
            changed = "Rows were changed since the preview. Nothing was imported; "
            try:
                context = self._preview(request, source, table)
            except Unreadable as error:
                messages.error(request, f"{changed}and there is no new preview. {error}")
                return HttpResponseRedirect(request.get_full_path())
            messages.warning(request, f"{changed}this is the preview of the same file now.")
            return self._import_page(request, {"form": UploadForm()} | context)
        self._record(request, result, source)
        return HttpResponseRedirect(reverse(self._name("changelist")))

    def _imported(self, request: HttpRequest, source: str, table: Table, shown: str) -> Any:
        """Import the table as it was shown; None, with nothing written, if that is not possible."""
        try:
            with transaction.atomic():
                result = self.resource().bring_in(table, request.user, source, dry_run=False)
                if not result.has_validation_errors() and fingerprint(result) == shown:
                    return result
                transaction.set_rollback(True)
        except IntegrityError:
            # Another request has added a row of the same SKU since this one read the rows.
            log.warning("An import of %s met a row that was added meanwhile", self.opts.label)
        return None

    def _record(self, request: HttpRequest, result: Any, source: str) -> None:
        """Write a log entry for each changed row, and tell the user."""
        kinds = {"new": ADDITION, "update": CHANGE}
        for kind, flag in kinds.items():
            if rows := [row.instance for row in result.rows if row.import_type == kind]:
                LogEntry.objects.log_actions(
                    _who(request), rows, flag, change_message=f"Imported from {source}."
                )
        counts = Counter(row.import_type for row in result.rows)
        messages.success(
            request,
            f"{source} is imported: {counts['new']} new, {counts['update']} changed, "
            f"{counts['skip']} as before.",
        )

    def _import_page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        columns = [field.column_name for field in self.resource().get_import_fields()]
        return self._page(
            request, "import", {"known": columns, "notes": self.import_notes} | context
        )

    def _salt(self, request: HttpRequest) -> str:
        return f"shop.exchange {self.opts.label_lower} {request.user.pk}"


def _who(request: HttpRequest) -> int:
    """The id of the user, who is signed in wherever this is called."""
    return int(request.user.pk or 0)
