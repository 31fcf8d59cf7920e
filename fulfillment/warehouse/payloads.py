"""The JSON payloads for the warehouse."""

from datetime import datetime

import msgspec

from fulfillment.models import Shipment


def released(shipment: Shipment, at: datetime) -> bytes:
    """The payload of a release: recipient and lines, but no prices and no e-mail address."""
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
    """The payload of a recall: which shipment the warehouse must not send."""
    return _message("shipment.recalled", at, _identity(shipment))


def _identity(shipment: Shipment) -> dict[str, str]:
    return {"number": shipment.number, "order_id": str(shipment.order_id)}


def _message(kind: str, at: datetime, data: dict[str, object]) -> bytes:
    """A Standard Webhooks payload: type, timestamp of the event, data. The same at every try."""
    return msgspec.json.encode({"type": kind, "timestamp": at.isoformat(), "data": data})
