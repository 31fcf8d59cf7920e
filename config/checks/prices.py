"""The prices in the catalogue can be paid in CURRENCY."""

from decimal import Decimal

from django.conf import settings
from django.db import OperationalError, ProgrammingError
from django.db.models import F
from django.db.models.functions import Round

from config.checks.check import Check
from shop.models import Product
from shop.money import decimal_places


def check_prices() -> Check:
    """Prices are not converted when CURRENCY changes; a sale rounds to its decimal places.

    A price that would be rounded to zero is refused: the product would be given away.
    """
    what, why = "Prices", "customers pay what is shown"
    places = decimal_places(settings.CURRENCY)
    on_sale = Product.objects.filter(active=True)
    least = Decimal(5).scaleb(-places - 1)  # smaller ones are rounded to zero
    try:
        free = on_sale.filter(unit_price__lt=least).count()
        finer = on_sale.exclude(unit_price=Round(F("unit_price"), places)).count()
    except (OperationalError, ProgrammingError) as error:
        return Check.unread(what, error, why)
    if free:
        state = f"{free} are zero in {settings.CURRENCY}, which has {places} decimal places"
        return Check(what, state, why, "Set CURRENCY back and change them in the admin first.")
    if not finer:
        return Check(what, f"in {settings.CURRENCY}", why)
    state = f"{finer} have more than the {places} decimal places of {settings.CURRENCY}"
    return Check(what, state, why, "Change them in the admin: Shop > Products.", needed=False)
