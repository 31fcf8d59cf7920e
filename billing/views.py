"""The documents of an order as PDFs for its customer."""

import logging

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from billing import selectors
from billing.models import Invoice
from shop import documents
from shop.problems import NotFound
from shop.schema import refusals

log = logging.getLogger(__name__)

PDF = "application/pdf"


class DocumentView(APIView):
    """The PDF of one kind of document; the token of the customer's link is the permission."""

    kind: Invoice.Kind

    def perform_content_negotiation(self, request: Request, force: bool = True):  # noqa: ARG002 -- DRF passes it
        # A client that accepts only PDF gets it, and a problem in JSON if there is none.
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, token: str) -> HttpResponseBase:
        invoice = selectors.issued(token, self.kind)
        if invoice is None:
            raise NotFound(f"There is no {self.kind} of this order yet.")
        etag = f'"{invoice.sha256}"'
        response = get_conditional_response(request, etag=etag) or _shown(invoice)
        response["ETag"] = etag
        # Personal data: only the buyer's own cache may keep it, and must revalidate it.
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


def pdf_of(invoice: Invoice) -> HttpResponse:
    """The file as it was issued, to be shown in the browser.

    Raises:
        shop.documents.DocumentUnavailable, shop.documents.DocumentAltered: see `documents.read`.
    """
    content = documents.read(invoice)
    disposition = f'inline; filename="{invoice.number}.pdf"'
    return HttpResponse(content, content_type=PDF, headers={"Content-Disposition": disposition})


def _shown(invoice: Invoice) -> HttpResponse:
    try:
        return pdf_of(invoice)
    except (documents.DocumentAltered, documents.DocumentUnavailable) as error:
        # The nightly audit finds it too. InvoiceNumbered, delivered again, draws a lost file.
        log.error("%s cannot be shown: %s", invoice.number, error)
        raise NotFound(f"The file of {invoice.number} cannot be shown at the moment.") from error
