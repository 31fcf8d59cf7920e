"""Where billing's documents are."""

from django.urls import path

from billing.views import CreditNoteView, InvoiceView

urlpatterns = [
    path("api/v1/orders/<uuid:public_id>/invoice.pdf", InvoiceView.as_view(), name="invoice-pdf"),
    path(
        "api/v1/orders/<uuid:public_id>/credit-note.pdf",
        CreditNoteView.as_view(),
        name="credit-note-pdf",
    ),
]
