"""The stages of an order in the customer's words.

A subscription declares with `stage=` which of them its handler works towards, or its own stage.
Nothing else of a handler is shown to customers.
"""

from enum import StrEnum


class Stage(StrEnum):
    RECEIVED = "Order received"
    SET_ASIDE = "Goods set aside"
    INVOICE = "Invoice"
    ON_ITS_WAY = "On its way"
    CANCELLED = "Cancelled"
    CREDIT_NOTE = "Credit note"
