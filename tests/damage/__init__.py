"""Every kind of damage that the audit finds, done to a settled shop: a plant for each rule."""

from tests.damage import (  # noqa: F401 -- each adds its plants
    analytics,
    billing,
    catalogue,
    events,
    fulfillment,
    inventory,
    notifications,
    orders,
    outlets,
)
from tests.damage.planting import PLANTS, Plant
from tests.damage.settled import Shop, settled_shop

__all__ = ["PLANTS", "Plant", "Shop", "settled_shop"]
