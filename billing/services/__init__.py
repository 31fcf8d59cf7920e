"""What billing does: number and freeze documents, draw them, and keep their files."""

from billing.services.drawing import FileDiffers, draw_document
from billing.services.issuing import NothingToCorrect, issue_credit_note, issue_invoices
from billing.services.keeping import NameTaken, is_damaged, is_kept
from billing.services.numbering import lock_series

__all__ = [
    "FileDiffers",
    "NameTaken",
    "NothingToCorrect",
    "draw_document",
    "is_damaged",
    "is_kept",
    "issue_credit_note",
    "issue_invoices",
    "lock_series",
]
