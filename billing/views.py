"""Where a customer gets the documents of an order."""

from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from billing import selectors
from billing.models import Invoice
from shop.problems import NotFound
from shop.schema import refusals

PDF = "application/pdf"


class DocumentView(APIView):
    """The PDF of one kind of document; who has the customer's link may read it."""

    kind: Invoice.Kind

    def perform_content_negotiation(self, request: Request, force: bool = True):  # noqa: ARG002 -- DRF passes it
        # Who asks for a PDF and nothing else must get it, and a problem in JSON where it is not.
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, token: str) -> HttpResponseBase:
        invoice = selectors.issued(token, self.kind)
        if invoice is None:
            raise NotFound(f"There is no {self.kind} of this order yet.")
        etag = f'"{invoice.sha256}"'
        response = get_conditional_response(request, etag=etag) or _pdf(invoice)
        response["ETag"] = etag
        # A bill is for the buyer's own cache alone, and may be shown again only when asked for.
        response["Cache-Control"] = "private, no-cache"
        return response


class InvoiceView(DocumentView):
    kind = Invoice.Kind.INVOICE

    @extend_schema(
        operation_id="order_invoice",
        summary="The invoice as a PDF",
        responses={(200, PDF): OpenApiTypes.BINARY, **refusals(NotFound)},
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        return super().get(request, token)


class CreditNoteView(DocumentView):
    kind = Invoice.Kind.CREDIT_NOTE

    @extend_schema(
        operation_id="order_credit_note",
        summary="The credit note of a cancelled order as a PDF",
        responses={(200, PDF): OpenApiTypes.BINARY, **refusals(NotFound)},
    )
    def get(self, request: Request, token: str) -> HttpResponseBase:
        return super().get(request, token)


def _pdf(invoice: Invoice) -> HttpResponse:
    try:
        with default_storage.open(invoice.storage_name) as file:
            content = file.read()
    except FileNotFoundError as error:
        # The nightly audit finds it; InvoiceNumbered, delivered again, draws it once more.
        raise NotFound(f"The file of {invoice.number} is missing.") from error
    disposition = f'inline; filename="{invoice.number}.pdf"'
    return HttpResponse(content, content_type=PDF, headers={"Content-Disposition": disposition})
