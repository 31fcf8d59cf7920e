"""What the warehouse is told about a shipment, as JSON."""

from datetime import datetime

import msgspec
from django_countries import countries

from fulfillment.models import Shipment
from shop import addresses


def released(shipment: Shipment, at: datetime) -> bytes:
    """All the warehouse needs to pack and send, and no more: no prices, no e-mail address."""
    address = msgspec.structs.asdict(shipment.address)
    lines = [
        {"sku": line.sku, "name": line.name, "quantity": line.quantity}
        for line in shipment.lines.all()
    ]
    data = {
        **_identity(shipment),
        "recipient": {"name": shipment.recipient, "address": address, "label": _label(shipment)},
        "lines": lines,
    }
    return _message("shipment.released", at, data)


def recalled(shipment: Shipment, at: datetime) -> bytes:
    """Which shipment the warehouse must keep."""
    return _message("shipment.recalled", at, _identity(shipment))


def _label(shipment: Shipment) -> list[str]:
    """The lines to print on the parcel, in the country's order; the country's name is the last."""
    country = countries.name(shipment.country) or shipment.country
    return [*addresses.lines(shipment.address, shipment.recipient), country.upper()]


def _identity(shipment: Shipment) -> dict[str, str]:
    return {"number": shipment.number, "order_id": str(shipment.order_id)}


def _message(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    """The payload of Standard Webhooks: type, timestamp of the event, data. Equal at each try."""
    return msgspec.json.encode({"type": kind, "timestamp": at.isoformat(), "data": data})
