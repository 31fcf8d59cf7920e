"""What the description of the API says is what the API does."""

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator
from rest_framework.test import APIClient

from shop.problems import MEDIA_TYPE, kinds

pytestmark = pytest.mark.django_db
JSON = "application/json"
KINDS_WITHOUT_AN_OPERATION = {"forbidden"}
"""Pages of staff alone answer with it."""


@pytest.fixture
def schema(catalogue: Any) -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema: Any) -> list[Any]:
    return [
        operation
        for address, methods in schema["paths"].items()
        if address.startswith("/api/v1/")
        for operation in methods.values()
    ]


def examples(schema: Any, content: Any) -> list[tuple[Any, Any]]:
    """Each example of these contents, with the schema that it has to fit."""
    components = {"components": schema["components"]}
    return [
        (example["value"], part["schema"] | components)
        for part in content.values()
        for example in part.get("examples", {}).values()
    ]


def test_every_refusal_of_every_operation_has_examples_that_fit(schema: Any) -> None:
    for operation in operations(schema):
        refusals = {c: r for c, r in operation["responses"].items() if c >= "400"}
        assert {"400", "405", "406", "503"} <= refusals.keys()
        for code, refusal in refusals.items():
            shown = examples(schema, refusal["content"])
            assert shown
            assert list(refusal["content"]) == [MEDIA_TYPE]
            for value, wanted in shown:
                Draft202012Validator(wanted).validate(value)
                assert value["status"] == int(code)


def test_every_kind_of_problem_is_in_schema_and_on_page(schema: Any, client: Client) -> None:
    page = client.get("/api/problems/").content.decode()
    described = {
        value["type"].partition("#")[2]
        for operation in operations(schema)
        for response in operation["responses"].values()
        for value, _ in examples(schema, response.get("content", {}))
        if "type" in value
    }

    for kind in kinds():
        assert f'id="{kind.slug}"' in page
        assert kind.title
        assert kind.meaning
    assert {kind.slug for kind in kinds()} - KINDS_WITHOUT_AN_OPERATION == described


def test_examples_of_requests_fit_and_are_accepted(schema: Any) -> None:
    client = APIClient()
    checkout = schema["paths"]["/api/v1/checkout/"]["post"]["requestBody"]["content"]
    [(body, wanted)] = examples(schema, checkout)
    Draft202012Validator(wanted).validate(body)

    answer = client.post("/api/v1/checkout/", body, format="json")

    assert answer.status_code == 201, answer.json()
    cancel = schema["paths"]["/api/v1/orders/{token}/cancel/"]["post"]["requestBody"]
    [(reason, wanted)] = examples(schema, cancel["content"])
    Draft202012Validator(wanted).validate(reason)
    answer = client.post(answer.json()["links"]["cancel"], reason, format="json")
    assert answer.status_code == 200, answer.json()


def test_schema_says_that_unknown_fields_are_refused(schema: Any) -> None:
    for name in ("CheckoutRequest", "AddressRequest", "WantedLineRequest", "CancelRequest"):
        assert schema["components"]["schemas"][name]["additionalProperties"] is False
