"""Events as destinations get them, without a database."""

from uuid import uuid4

from django.utils import timezone

from outlets.cloudevents import CloudEvent


def cloud_events(orders: int = 1, each: int = 1) -> list[CloudEvent]:
    """So many of each order, in turns."""
    return [
        CloudEvent(
            specversion="1.0",
            id=str(uuid4()),
            source="https://shop.example.com",
            type="OrderPlaced",
            subject=f"SO-{order}",
            time=timezone.now().isoformat(),
            datacontenttype="application/json",
            dataversion="1",
            sequence=f"{round_ * orders + order:019d}",
            partitionkey=f"SO-{order}",
            correlationid=str(uuid4()),
            data={"number": f"SO-{order}"},
        )
        for round_ in range(each)
        for order in range(orders)
    ]
