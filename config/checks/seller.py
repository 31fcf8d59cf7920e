"""The seller and the currency, as invoices and mails show them."""

import re

from django.conf import settings
from django_countries import countries

from config.checks.check import Check
from shop.money import is_payable

MAY_BE_EMPTY = ("SELLER_POSTAL_CODE", "SELLER_VAT_ID", "SELLER_IBAN", "WAREHOUSE_EMAIL")
BIC = re.compile("[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?")
"""ISO 9362."""

LANGUAGE = re.compile("[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
"""Language tags (BCP 47), but for the rare ones."""

LONGEST = 100
"""Characters of a name or of a line of an address: what fits on a line of an invoice."""


def check_samples() -> Check:
    """Without DEBUG, no sample seller stands on invoices and in mails."""
    what, why = "Samples", "customers and the warehouse get real invoices and mails"
    samples = [
        name
        for name in settings.SAMPLES
        if not (name == "WAREHOUSE_EMAIL" and settings.WAREHOUSE_URL)
    ]
    if settings.DEBUG or not samples:
        return Check(what, "for a laptop, because of DEBUG" if samples else "none", why)
    fix = "Set each to your shop's own"
    if optional := [name for name in samples if name in MAY_BE_EMPTY]:
        fix += f" ({', '.join(optional)}: empty where there is none)"
    return Check(", ".join(samples), "not set, or still the sample", why, f"{fix}.")


def check_seller() -> Check:
    """The country exists, the IBAN's check digits are right, the lines fit."""
    why = "invoices and pages show it"
    named = {f"SELLER_{key.upper()}": value for key, value in settings.SELLER.items()}
    for name, value in {**named, "SHOP_NAME": settings.SHOP_NAME}.items():
        if len(value) > LONGEST:
            state = f"has {len(value)} characters"
            return Check(name, state, why, f"Use {LONGEST} or fewer.")
    if (country := settings.SELLER["country"]) not in countries:
        fix = "Set it to a code of ISO 3166-1 in capitals, as in DE."
        return Check("SELLER_COUNTRY", f"is {country!r}", why, fix)
    iban = settings.SELLER["iban"]
    if iban and not is_iban(iban):
        fix = "Copy it again from the bank's document, or set it empty for none."
        return Check("SELLER_IBAN", f"is {iban!r}, no valid IBAN", why, fix)
    bic = settings.SELLER["bic"]
    if bic and not BIC.fullmatch(bic.replace(" ", "")):
        fix = "Set it to 8 or 11 letters and digits as in COBADEFFXXX, or empty for none."
        return Check("SELLER_BIC", f"is {bic!r}, no BIC", why, fix)
    if not LANGUAGE.fullmatch(settings.SELLER_LANGUAGE):
        fix = "Set it to the tag of a language, as in de or pt-BR."
        return Check("SELLER_LANGUAGE", f"is {settings.SELLER_LANGUAGE!r}", why, fix)
    return Check("Seller", settings.SELLER["name"], why)


def is_iban(text: str) -> bool:
    """Whether the check digits are right (ISO 13616: remainder 1 of 97)."""
    plain = text.replace(" ", "")
    if not (plain.isascii() and plain.isalnum() and plain[:2].isalpha() and 15 <= len(plain) <= 34):
        return False
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % 97 == 1


def check_currency() -> Check:
    """CURRENCY is legal tender today."""
    why = "prices and invoices are in it"
    if not is_payable(settings.CURRENCY):
        fix = "Set it to a code of ISO 4217 in capitals that is legal tender somewhere, as in EUR."
        return Check("CURRENCY", f"is {settings.CURRENCY!r}", why, fix)
    return Check("CURRENCY", settings.CURRENCY, why)
