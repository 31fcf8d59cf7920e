"""The stages of an order in the customer's words.

A subscription says with `stage=` which of them its handler works towards, or a stage of its own.
Customers see a handler nowhere else.
"""

from enum import StrEnum


class Stage(StrEnum):
    RECEIVED = "Order received"
    SET_ASIDE = "Goods set aside"
    INVOICE = "Invoice"
    ON_ITS_WAY = "On its way"
    CANCELLED = "Cancelled"
    CREDIT_NOTE = "Credit note"
