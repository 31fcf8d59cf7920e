"""The handlers of billing."""

from datetime import timedelta

from billing import services
from bus import AfterDone, Queue, Retry, subscribe
from shop.events import CustomerForgotten, InvoiceNumbered, OrderCancelled, OrderConfirmed
from shop.stages import Stage

# Drawing a hundred pages takes seconds; a storage that hangs takes longer.
QUEUE = Queue("billing", ordered=True, hard_limit=timedelta(seconds=120))

# Numbering uses only the database, whose transient errors (locks, lost connections) end soon.
NUMBERING = Retry(
    on=(), times=8, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=30)
)

# A full disk or a restarting storage needs minutes, and often an operator.
STORAGE = Retry(
    on=(OSError,), times=10, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=30)
)


# Not `OrderPlaced`: an order that the stock rejects must not be invoiced.
@subscribe(
    OrderConfirmed,
    queue=QUEUE,
    retry=NUMBERING,
    batch=20,
    lock=services.lock_series,
    stage=Stage.INVOICE,
)
def issue_invoice(orders: list[OrderConfirmed]) -> None:
    """Issue the invoices of confirmed orders."""
    services.issue_invoices(orders)


@subscribe(
    OrderCancelled,
    queue=QUEUE,
    retry=NUMBERING,
    batch=20,
    lock=services.lock_series,
    personal=False,  # its buyer is the invoice's
    stage=Stage.CREDIT_NOTE,
)
def issue_credit_note(order: OrderCancelled) -> None:
    """Credit the order's invoice; an order that was never confirmed has none."""
    services.issue_credit_note(order)


# Repeatable: a file is not seen before a mail or a link refers to it.
@subscribe(
    InvoiceNumbered,
    queue=QUEUE,
    retry=STORAGE,
    batch=10,
    external=True,
    repeatable=True,
    suppressible=False,
    stage=Stage.INVOICE,
)
def draw_document(document: InvoiceNumbered, key: str) -> AfterDone | None:  # noqa: ARG001 -- the name is the key
    """Draw and store the PDF, then publish `InvoiceIssued`.

    The idempotency key is not used: the file is named after the document's number.
    """
    return services.draw_document(document)


@subscribe(CustomerForgotten, queue=QUEUE, retry=NUMBERING, batch=50)
def restrict_documents(forgotten: list[CustomerForgotten]) -> None:
    """Keep the orders' documents for the tax office alone."""
    services.restrict_documents(forgotten)
