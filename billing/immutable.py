"""Triggers by which the database refuses to change or delete a numbered document."""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from bus.store import append_only

FROZEN = (
    "id, kind, number, series, year, sequence, order_number, order_id, ordered_on, issued_on, "
    "seller, buyer, lines, taxes, net, tax, total, currency, payment_terms, corrects_id"
)
FILLED_IN_ONCE = "storage_name, sha256, drawn_at"
TRIGGERS = (
    ("billing_invoice_kept", "DELETE", ""),
    ("billing_invoice_frozen", f"UPDATE OF {FROZEN}", ""),
    ("billing_invoice_issued", f"UPDATE OF {FILLED_IN_ONCE}", "WHEN (OLD.sha256 <> '')"),
)
REFUSAL = "A numbered document is never changed or deleted: issue a credit note."


def install(editor: BaseDatabaseSchemaEditor) -> None:
    """Create the triggers: no DELETE, no UPDATE of frozen columns, the file's columns only once.

    SQLite drops triggers when a migration rebuilds the table, so a migration that alters
    `billing_invoice` must end with this step.
    """
    for name, refused, when in TRIGGERS:
        append_only.refuse(editor, name, refused, "billing_invoice", REFUSAL, when)


def remove(editor: BaseDatabaseSchemaEditor) -> None:
    """Drop the triggers."""
    for name, _refused, _when in TRIGGERS:
        append_only.allow(editor, name, "billing_invoice")
