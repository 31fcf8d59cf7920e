"""What billing does: number and freeze documents, draw them, and keep their files."""

from billing.services.drawing import FileDiffers, draw_document
from billing.services.issuing import NothingToCorrect, issue_credit_note, issue_invoices
from billing.services.numbering import lock_series

__all__ = [
    "FileDiffers",
    "NothingToCorrect",
    "draw_document",
    "issue_credit_note",
    "issue_invoices",
    "lock_series",
]
