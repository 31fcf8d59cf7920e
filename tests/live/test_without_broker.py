"""The whole shop without a broker: a web server, and one process that handles all deliveries."""

import gzip
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.live.shop import Shop, processes_of
from tests.live.test_refusals import line_of, refusal_of
from tests.support.http_stub import HttpStub, Reply

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

APPS = {"orders", "notifications", "inventory", "billing", "fulfillment", "analytics"}

PERSONAL = r"Lovelace|Invalidenstraße|ada\d*(@|%40)"
"""More than three letters: "ada" alone may stand in the id of a trace."""


@pytest.fixture(scope="module")
def collector() -> Iterator[HttpStub]:
    """A collector of spans."""
    with HttpStub() as found:
        found.replies = [Reply(200)]
        yield found


@pytest.fixture(scope="module")
def shop(new_shop: Callable[[], Shop], collector: HttpStub) -> Shop:
    found = new_shop()
    found.env["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.url
    found.env["BROKER_URL"] = "none"
    found.env["LOG_FORMAT"] = "json"
    found.env["OUTLET_WEBHOOKS"] = "1"
    found.measure()
    found.start()
    return found


def test_two_processes_are_the_whole_shop(shop: Shop) -> None:
    running = {file.stem for file in (shop.folder / "run").glob("*.pid")}
    assert running == {"supervisor", "web", "work"}
    assert "Flower" not in shop.said
    ready = shop.http.get("/readyz").json()
    assert (ready["broker"], ready["relay"]) == ("none", "at work")


def test_order_is_settled_with_all_effects(shop: Shop) -> None:
    order = shop.place_order()

    states = shop.wait_until_settled(order, 60)

    assert states.keys() >= APPS
    assert set().union(*states.values()) == {"done"}


def test_lines_of_an_order_have_its_number_and_one_trace(shop: Shop) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 60)

    found = [json.loads(line) for line in re.findall(r"{.*}$", shop.said, re.MULTILINE)]
    mine = [line for line in found if order["number"] in str(line.get("order"))]
    assert {line["subscription"].partition(".")[0] for line in mine} >= APPS
    [trace] = {line["trace"] for line in mine if isinstance(line["trace"], str)}
    assert len(trace) == 32
    assert all(line["event"] and line["delivery"] for line in mine)
    assert not re.search(PERSONAL, str(found))


def test_trace_of_an_order_reaches_the_collector_from_all_processes(
    shop: Shop, collector: HttpStub
) -> None:
    order = shop.place_order()
    shop.wait_until_settled(order, 60)
    effects = {f"handle {app}" for app in APPS}

    def names() -> set[str]:
        found = list(spans_of(collector))
        of_order = {span.trace_id for span in found if order["number"] in str(span.attributes)}
        assert len(of_order) <= 1
        return {span.name for span in found if span.trace_id in of_order}

    # Each process sends them after a second.
    shop.wait_for(lambda: {name.partition(".")[0] for name in names()} >= effects, 20)
    way = {"POST /api/v1/checkout/", "publish OrderPlaced", "send billing.tasks.issue_invoice"}
    shop.wait_for(lambda: names() >= way, 20)
    assert not re.search(PERSONAL, str([span.attributes for span in spans_of(collector)]))


def spans_of(collector: HttpStub) -> Iterator[Any]:
    """What it has received, as OTLP's own messages say."""
    for one in collector.received:
        body = gzip.decompress(one.body) if one.headers.get("content-encoding") else one.body
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                yield from scope.spans


def test_metrics_of_work_count_what_its_processes_do(shop: Shop) -> None:
    shop.wait_until_settled(shop.place_order(), 60)
    handled = "shop_deliveries_handled_total"

    assert shop.metric("work", handled, subscription="billing.tasks.issue_invoice") >= 1
    assert shop.metric("work", "shop_events_fanned_out_total") >= 1
    assert shop.metric("web", "shop_checkout_seconds_count", outcome="placed") >= 1


def test_order_reaches_another_system_by_webhooks(shop: Shop) -> None:
    columns = "url, description, events, with_customer, enabled, secret, previous_secret"
    with HttpStub() as consumer:
        shop.query(
            f"INSERT INTO outlets_endpoint ({columns}, disabled_because, failures) VALUES "
            f"('{consumer.url}', '', '[\"OrderPlaced\", \"OrderConfirmed\"]', false, true, "
            "'whsec_AAAA', '', '', 0)"
        )
        order = shop.place_order()

        shop.wait_for(lambda: len(consumer.received) >= 2, 60)

        shop.query("UPDATE outlets_endpoint SET enabled = false")
    assert {*consumer.types()} == {"OrderPlaced", "OrderConfirmed"}
    assert {one.json["subject"] for one in consumer.received} == {order["number"]}
    assert b"example.com" not in b"".join(one.body for one in consumer.received)


@pytest.mark.sqlite
@pytest.mark.parametrize("program", ["relay", "beat", "flower", "worker --queues billing"])
def test_process_that_needs_a_broker_is_refused(tmp_path: Path, program: str) -> None:
    said = refusal_of(line_of(program), tmp_path, BROKER_URL="none")

    assert "No broker is set. Set BROKER_URL, for example redis://localhost:6379/0, or run" in said


def test_ctrl_c_leaves_no_process(shop: Shop) -> None:
    assert shop.stop() == 0

    shop.wait_for(lambda: not processes_of(shop.folder), 5)
    assert "Traceback" not in shop.said
