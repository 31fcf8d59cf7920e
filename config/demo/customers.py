"""Invented people who order in the demo shop. Their addresses end in example.com (RFC 2606)."""

import random
from typing import Any

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


def random_order(skus: list[str], chance: random.Random) -> dict[str, Any]:
    """A body for ``POST /api/v1/checkout/``: one to four of `skus`, one to three pieces each."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    postal_code, city, country = chance.choice(CITIES)
    wanted = chance.sample(skus, k=min(len(skus), chance.randint(1, MOST_LINES)))
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
