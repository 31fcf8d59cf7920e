"""What can be done to an order."""

from orders.models import NotADraft, OrderHasNoLines
from orders.services.cancelling import (
    NotCancellable,
    announce_cancellation,
    cancel_order,
    cancel_rejected_order,
)
from orders.services.checkout import Answer, Basket, checkout
from orders.services.idempotency import BadKey, KeyReused, Repeat, StillRunning
from orders.services.late import obstacle
from orders.services.noting import announce_confirmation, note_dispatch, note_reservation
from orders.services.placing import (
    OutOfStock,
    TooManyPieces,
    TotalsDoNotAddUp,
    UnknownProducts,
    announce_order,
    place_order,
    price_draft,
    require_few,
)
from orders.services.snapshot import snapshot

__all__ = [
    "Answer",
    "BadKey",
    "Basket",
    "KeyReused",
    "NotADraft",
    "NotCancellable",
    "OrderHasNoLines",
    "OutOfStock",
    "Repeat",
    "StillRunning",
    "TooManyPieces",
    "TotalsDoNotAddUp",
    "UnknownProducts",
    "announce_cancellation",
    "announce_confirmation",
    "announce_order",
    "cancel_order",
    "cancel_rejected_order",
    "checkout",
    "note_dispatch",
    "note_reservation",
    "obstacle",
    "place_order",
    "price_draft",
    "require_few",
    "snapshot",
]
