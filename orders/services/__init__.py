"""The services of orders: check out, place, cancel, and record milestones."""

from orders.models import NotADraft, OrderHasNoLines
from orders.services.cancel import (
    NotCancellable,
    cancel_order,
    cancel_rejected_order,
    publish_order_cancelled,
)
from orders.services.checkout import (
    Answer,
    Basket,
    Price,
    PriceChanged,
    charge_recipient,
    checkout,
)
from orders.services.forget import (
    NotForgettable,
    agree_to_erasure,
    drop_expired_requests,
    erasure_obstacle,
    forget,
    request_erasure,
)
from orders.services.idempotency import BadKey, KeyReused, Repeat, StillRunning
from orders.services.milestones import note_dispatch, note_reservation, publish_order_confirmed
from orders.services.place import (
    OutOfStock,
    TooManyPieces,
    TotalsDoNotAddUp,
    UnknownProducts,
    place_order,
    price_draft,
    publish_order_placed,
    require_few,
)
from orders.services.snapshot import obstacle, snapshot

__all__ = [
    "Answer",
    "BadKey",
    "Basket",
    "KeyReused",
    "NotADraft",
    "NotCancellable",
    "NotForgettable",
    "OrderHasNoLines",
    "OutOfStock",
    "Price",
    "PriceChanged",
    "Repeat",
    "StillRunning",
    "TooManyPieces",
    "TotalsDoNotAddUp",
    "UnknownProducts",
    "agree_to_erasure",
    "cancel_order",
    "cancel_rejected_order",
    "charge_recipient",
    "checkout",
    "drop_expired_requests",
    "erasure_obstacle",
    "forget",
    "note_dispatch",
    "note_reservation",
    "obstacle",
    "place_order",
    "price_draft",
    "publish_order_cancelled",
    "publish_order_confirmed",
    "publish_order_placed",
    "request_erasure",
    "require_few",
    "snapshot",
]
