"""The services of billing: issue documents, draw them, and store their files."""

from billing.services.draw import FileDiffers, draw_document
from billing.services.issue import NothingToCorrect, issue_credit_note, issue_invoices
from billing.services.restrict import restrict_documents
from billing.services.series import lock_series
from billing.services.storage import NameTaken, is_damaged, is_kept

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
    "restrict_documents",
]
