"""The documents in the admin, read-only."""

from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

import billing.panels  # noqa: F401 -- imported to register
from billing import formatting
from billing.models import Invoice, Series
from billing.views import pdf_of
from shop import addresses
from shop.admin import LooksOnly, amount, row_of
from shop.documents import DocumentAltered, DocumentUnavailable

LINK = "text-primary-600 dark:text-primary-500"
RIGHT = "text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap;"
AMOUNTS = ("unit_price", "net", "tax", "total")
WORDS = {"sku": "text-align: left; white-space: nowrap", "name": "text-align: left"}


@admin.register(Invoice)
class InvoiceAdmin(LooksOnly, ModelAdmin):
    """Numbered documents are corrected by a credit note, never edited or deleted."""

    list_display = ["number", "kind", "order_link", "issued_on", "buyer_name", "amount", "pdf"]
    list_filter = ["kind", "year", ("sha256", admin.EmptyFieldListFilter)]
    search_fields = ["number", "order_number", "sha256"]
    search_help_text = "Number of the document or of the order, or SHA-256 of the file."
    date_hierarchy = "issued_on"
    list_select_related = ["corrects"]
    list_per_page = 50
    fieldsets = [
        (None, {"fields": ["number", "kind", "corrects", "order_link", "pdf"]}),
        ("Dates", {"fields": ["ordered_on", "issued_on", "drawn_at", "restricted_at"]}),
        ("Parties", {"fields": ["seller_data", "buyer_data"]}),
        ("Content", {"fields": ["line_table", "tax_table", "amount", "payment_terms"]}),
        ("File", {"fields": ["storage_name", "sha256"]}),
    ]
    amount = amount("total")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invoice]:
        documents = super().get_queryset(request)
        if not request.user.has_perm("billing.view_restricted"):
            documents = documents.filter(restricted_at=None)
        # The list shows none of these, and fifty rows of a hundred lines each are much to read.
        listing = request.resolver_match and request.resolver_match.url_name.endswith("changelist")
        return documents.defer("lines", "taxes", "seller") if listing else documents

    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("billing.view_invoice")

    def get_urls(self) -> list[URLPattern]:
        file = self.admin_site.admin_view(self.file)
        page = path("<path:object_id>/pdf/", file, name="billing_invoice_pdf")
        return [page, *super().get_urls()]

    def file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The PDF, for staff who may see the row. Not the customer's link: that could cancel."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        invoice = row_of(self, request, object_id)
        if not invoice.sha256:
            raise Http404
        try:
            return pdf_of(invoice)
        except (DocumentAltered, DocumentUnavailable) as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(reverse("admin:billing_invoice_change", args=[invoice.pk]))

    @admin.display(description="order", ordering="order_number")
    def order_link(self, invoice: Invoice) -> SafeString:
        orders = reverse("admin:orders_order_changelist")
        number = invoice.order_number
        return format_html('<a href="{}?q={}" class="{}">{}</a>', orders, number, LINK, number)

    @admin.display(description="PDF")
    def pdf(self, invoice: Invoice) -> SafeString | str:
        if not invoice.sha256:
            return "being drawn"
        page = reverse("admin:billing_invoice_pdf", args=[invoice.pk])
        return format_html('<a href="{}" target="_blank" class="{}">Open</a>', page, LINK)

    @admin.display(description="buyer")
    def buyer_name(self, invoice: Invoice) -> str:
        return invoice.buyer["name"]

    @admin.display(description="seller")
    def seller_data(self, invoice: Invoice) -> SafeString:
        return _stacked(invoice.seller.values())

    @admin.display(description="buyer")
    def buyer_data(self, invoice: Invoice) -> SafeString:
        buyer = invoice.customer
        place = buyer.address
        written = addresses.lines(place, buyer.name)
        return _stacked([buyer.email, *written, formatting.country(place.country)])

    @admin.display(description="lines")
    def line_table(self, invoice: Invoice) -> SafeString:
        names = ["sku", "name", "quantity", "unit_price", "tax_rate", "net", "tax", "total"]
        return _table(names, invoice.lines, invoice.currency)

    @admin.display(description="tax per rate")
    def tax_table(self, invoice: Invoice) -> SafeString:
        return _table(["rate", "net", "tax", "total"], invoice.taxes, invoice.currency)


@admin.register(Series)
class SeriesAdmin(LooksOnly, ModelAdmin):
    list_display = ["prefix", "year", "last"]


def _stacked(values: object) -> SafeString:
    return format_html_join("", "{}<br>", ((value,) for value in values if value))


def _table(names: list[str], rows: list[dict[str, Any]], currency: str) -> SafeString:
    head = ((WORDS.get(name, RIGHT), name.replace("_", " ")) for name in names)
    heads = format_html_join("", '<th class="px-3" style="{}">{}</th>', head)
    body = format_html_join("", "<tr>{}</tr>", ((_cells(names, row, currency),) for row in rows))
    return format_html("<table><tr>{}</tr>{}</table>", heads, body)


def _cells(names: list[str], row: dict[str, Any], currency: str) -> SafeString:
    cells = ((WORDS.get(name, RIGHT), _cell(name, row[name], currency)) for name in names)
    return format_html_join("", '<td class="px-3" style="{}">{}</td>', cells)


def _cell(name: str, value: Any, currency: str) -> str:
    if name in AMOUNTS:
        return formatting.amount(Decimal(str(value)), currency)
    return formatting.percentage(Decimal(str(value))) if name.endswith("rate") else str(value)
