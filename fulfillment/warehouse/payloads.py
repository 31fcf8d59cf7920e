"""What the warehouse is told about a shipment, as JSON."""

from datetime import datetime

import msgspec

from fulfillment.models import Shipment


def released(shipment: Shipment, at: datetime) -> bytes:
    """All the warehouse needs to pack and send, and no more: no prices, no e-mail address."""
    address = msgspec.structs.asdict(shipment.address)
    lines = [
        {"sku": line.sku, "name": line.name, "quantity": line.quantity}
        for line in shipment.lines.all()
    ]
    data = {
        **_identity(shipment),
        "recipient": {"name": shipment.recipient, "address": address, "label": shipment.label},
        "lines": lines,
    }
    return _message("shipment.released", at, data)


def recalled(shipment: Shipment, at: datetime) -> bytes:
    """Which shipment the warehouse must keep."""
    return _message("shipment.recalled", at, _identity(shipment))


def _identity(shipment: Shipment) -> dict[str, str]:
    return {"number": shipment.number, "order_id": str(shipment.order_id)}


def _message(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    """The payload of Standard Webhooks: type, timestamp of the event, data. Equal at each try."""
    return msgspec.json.encode({"type": kind, "timestamp": at.isoformat(), "data": data})
