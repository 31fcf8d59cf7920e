"""The addresses of the documents."""

from django.urls import path

from billing.views import CreditNoteView, InvoiceView

urlpatterns = [
    path("api/v1/orders/<slug:token>/invoice.pdf", InvoiceView.as_view(), name="invoice-pdf"),
    path(
        "api/v1/orders/<slug:token>/credit-note.pdf",
        CreditNoteView.as_view(),
        name="credit-note-pdf",
    ),
]
