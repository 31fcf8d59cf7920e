"""What billing does when something happens in the shop."""

from datetime import timedelta

from billing import services
from bus import AfterDone, Queue, Retry, subscribe
from shop.events import InvoiceNumbered, OrderCancelled, OrderConfirmed
from shop.stages import Stage

# A hundred pages take seconds, a storage that hangs takes longer.
QUEUE = Queue("billing", ordered=True, hard_limit=timedelta(seconds=120))

# Numbering touches the database alone: what passes there (a lock, a lost connection) passes soon.
NUMBERING = Retry(
    on=(), times=8, first_wait=timedelta(seconds=1), longest_wait=timedelta(seconds=30)
)

# A full disk or a storage that restarts needs minutes, and somebody who looks.
STORAGE = Retry(
    on=(OSError,), times=10, first_wait=timedelta(seconds=30), longest_wait=timedelta(minutes=30)
)


# Not at once when an order is placed: one that the stock rejects must have no invoice.
@subscribe(
    OrderConfirmed,
    queue=QUEUE,
    retry=NUMBERING,
    batch=20,
    lock=services.lock_series,
    stage=Stage.INVOICE,
)
def issue_invoice(orders: list[OrderConfirmed]) -> None:
    """Invoice the orders that will be carried out."""
    services.issue_invoices(orders)


@subscribe(
    OrderCancelled,
    queue=QUEUE,
    retry=NUMBERING,
    batch=20,
    lock=services.lock_series,
    stage=Stage.CREDIT_NOTE,
)
def issue_credit_note(order: OrderCancelled) -> None:
    """Credit what was invoiced; an order that was never confirmed has nothing to credit."""
    services.issue_credit_note(order)


# Nobody sees a file until a mail or a link tells of it.
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
    """Draw and store the PDF, then tell the shop that it can be had.

    The key is not needed: the file's name follows from the document's number.
    """
    return services.draw_document(document)
