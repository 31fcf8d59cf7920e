"""docs/contract says what the shop's events look like, and the code keeps to it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from jsonschema import Draft7Validator, Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from bus import DomainEvent, publish
from bus.contract import event_types
from bus.models import Delivery, Event, PersonalData
from bus.testing import settle
from fulfillment.models import Shipment
from fulfillment.services import dispatch_shipment
from inventory.services import receive_stock
from orders.services import Basket, cancel_order, checkout
from outlets.cloudevents import cloud_event
from shop.models import Product
from shop.testing import CUSTOMER

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs/contract"
DOCUMENT = json.loads((FOLDER / "asyncapi.json").read_text())
SCHEMAS = {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("schemas/*.json")}
SAMPLES = {file.stem: json.loads(file.read_text()) for file in FOLDER.glob("samples/*.json")}
EARLIER = {
    name.partition(".")[0]: sample
    for name, sample in SAMPLES.items()
    if name.endswith((".first-release", ".before-languages"))
}
"""Samples of what earlier releases have published under today's versions."""

REGISTRY: Registry[Any] = Registry().with_resources(
    [
        (f"https://contract.example/schemas/{name}.json", DRAFT202012.create_resource(one))
        for name, one in SCHEMAS.items()
    ]
    + [("https://contract.example/asyncapi.json", DRAFT202012.create_resource(DOCUMENT))]
)


def of_version(name: str) -> str:
    """OrderPlaced.v1 of OrderPlaced.v1.first-release."""
    return ".".join(name.split(".")[:2])


def message(name: str) -> Draft202012Validator:
    """Validates an event as consumers get it."""
    place = {"$ref": f"https://contract.example/asyncapi.json#/components/messages/{name}/payload"}
    return Draft202012Validator(place, registry=REGISTRY)


def test_contract_is_as_the_code_says() -> None:
    """In a process of its own: this one has the events of tests as well.

    Whatever is set: a deployment's own handlers are not part of it.
    """
    outlets = {"OUTLET_WEBHOOKS": "1", "OUTLET_RABBITMQ_URL": "amqp://localhost"}
    checked = subprocess.run(
        [sys.executable, "manage.py", "contract", "--check"],
        cwd=ROOT, env=os.environ | outlets, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.parametrize("name", SCHEMAS)
def test_schema_is_one_of_its_dialect(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_fits_its_schema(name: str) -> None:
    Draft202012Validator(SCHEMAS[of_version(name)]).validate(SAMPLES[name])


@pytest.mark.parametrize("name", sorted({of_version(name) for name in SAMPLES}))
def test_examples_fit_their_message(name: str) -> None:
    examples = DOCUMENT["components"]["messages"][name]["examples"]

    assert examples
    for example in examples:
        message(name).validate(example["payload"])
    broken = examples[0]["payload"] | {"dataversion": "0"}
    assert not message(name).is_valid(broken)


@pytest.mark.django_db
@pytest.mark.parametrize("name", SAMPLES)
def test_envelope_of_stored_event_fits_its_message(name: str) -> None:
    kinds = {kind.__name__: kind for kind in event_types()}
    kind = kinds[name.partition(".")[0]]
    version = int(of_version(name).rpartition(".v")[2])
    data = dict(SAMPLES[name])
    personal = {field: data.pop(field) for field in kind.personal}
    with transaction.atomic():
        row = publish(kind.read(version, data, personal))

    row = Event.objects.get(pk=row.pk)
    fits = message(f"{kind.__name__}.v{kind.version}")
    fits.validate(row.envelope())
    for with_customer in (False, True):
        fits.validate(json.loads(cloud_event(row, with_customer=with_customer).encode()))


@pytest.mark.npm
def test_document_is_asyncapi_3(tmp_path: Path) -> None:
    for file in ROOT.glob("tests/asyncapi/*.json"):
        shutil.copy(file, tmp_path)
    subprocess.run(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"],
        cwd=tmp_path, check=True, capture_output=True, timeout=100,
    )  # fmt: skip
    file = tmp_path / "node_modules/@asyncapi/specs/schemas/3.0.0-without-$id.json"
    validator = Draft7Validator(json.loads(file.read_text()))

    assert [error.message for error in validator.iter_errors(DOCUMENT)] == []
    assert not validator.is_valid(DOCUMENT | {"operations": {"send": {"action": "shout"}}})


@pytest.mark.django_db(transaction=True)
def test_what_earlier_releases_published_is_handled(
    settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two orders, one sent and one cancelled, whose events lack what the samples do not have."""
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(DomainEvent, "split", as_earlier(DomainEvent.split))
    Product.objects.create(sku="CUP", name="A cup", unit_price="11.90")
    receive_stock("CUP", 5, "delivery note")
    sent, cancelled = (checkout(Basket(CUSTOMER, {"CUP": 1})).order for _ in range(2))
    settle()
    dispatch_shipment(Shipment.objects.get(number=sent.number).pk, "DHL", "JD0001")
    cancel_order(cancelled.pk, "")
    settle()

    assert set(Event.objects.values_list("type", flat=True)) >= EARLIER.keys()
    assert [row for row in PersonalData.objects.all() if "language" in str(row.data)] == []
    assert set(Delivery.objects.values_list("state", flat=True)) == {"done"}


def as_earlier(split: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def split_as_earlier(event: Any) -> Any:
        sample = EARLIER.get(type(event).__name__)
        parts = split(event)
        return (
            parts if sample is None else tuple(without_new_fields(part, sample) for part in parts)
        )

    return split_as_earlier


def without_new_fields(value: Any, sample: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: without_new_fields(one, sample[name])
            for name, one in value.items()
            if name in sample
        }
    return value
