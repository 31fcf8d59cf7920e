"""Invented customers of the demo. Their e-mail addresses end in example.com (RFC 2606)."""

import random
from typing import Any

from config.demo.catalogue import SCARCE

FIRST = ("Ada", "Björn", "Chiara", "Dmitri", "Élodie", "Fatima", "Grace", "Henk", "Ines", "Jonas")
LAST = ("Brandt", "Castillo", "Dubois", "Eriksen", "Fischer", "Goossens", "Horvat", "Ivanova")
CITIES = (
    ("10115", "Berlin", "DE"),
    ("20095", "Hamburg", "DE"),
    ("80331", "München", "DE"),
    ("1010", "Wien", "AT"),
    ("8001", "Zürich", "CH"),
    ("75001", "Paris", "FR"),
)
STREETS = ("Gartenstraße", "Hauptstraße", "Am Kanal", "Lindenallee", "Marktplatz")
MOST_LINES, MOST_PIECES = 4, 3
COLLECTORS = 0.03
"""The share of orders that also hold one of the scarce goods."""


def random_order(skus: list[str], chance: random.Random) -> dict[str, Any]:
    """A body for `POST /api/v1/checkout/`: some of `skus`, one to three pieces each."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    postal_code, city, country = chance.choice(CITIES)
    wanted = _wanted(skus, chance)
    return {
        "email": f"customer-{chance.randrange(10**6):06}@example.com",
        "name": f"{first} {last}",
        "shipping_address": {
            "line1": f"{chance.choice(STREETS)} {chance.randint(1, 120)}",
            "postal_code": postal_code,
            "city": city,
            "country": country,
        },
        "lines": [{"sku": sku, "quantity": chance.randint(1, MOST_PIECES)} for sku in wanted],
    }


def _wanted(skus: list[str], chance: random.Random) -> list[str]:
    plenty = [sku for sku in skus if sku not in SCARCE] or skus
    wanted = chance.sample(plenty, k=min(len(plenty), chance.randint(1, MOST_LINES)))
    scarce = sorted(SCARCE.intersection(skus))
    if scarce and chance.random() < COLLECTORS:
        wanted.append(chance.choice(scarce))
    return list(dict.fromkeys(wanted))
