"""The shop's own reasons for a cancellation: stored in English, shown in the reader's language."""

import re
from collections.abc import Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

BY_CUSTOMER = gettext_noop("Cancelled by the customer")
"""The reason of a customer who gives none."""

NAMED = 5
LONGEST_NAME = 80
OUT_OF_STOCK = re.compile(r"Not in stock: (?P<names>.*?)(?: and (?P<more>\d+) more)?")


def out_of_stock(names: Sequence[str]) -> str:
    """The reason as it is stored; it names the first products."""
    more = len(names) - NAMED
    listed = ", ".join(name[:LONGEST_NAME] for name in names[:NAMED])
    return f"Not in stock: {listed}" + (f" and {more} more" if more > 0 else "")


def shown(reason: str) -> str:
    """A stored reason of the shop's own in the active language; any other text as it is."""
    found = OUT_OF_STOCK.fullmatch(reason)
    if found is None:
        return _(reason) if reason == BY_CUSTOMER else reason
    if found["more"] is None:
        return _("Not in stock: %(names)s") % {"names": found["names"]}
    more = int(found["more"])
    text = ngettext(
        "Not in stock: %(names)s and %(more)d more",
        "Not in stock: %(names)s and %(more)d more",
        more,
    )
    return text % {"names": found["names"], "more": more}
