"""One trace leads from a checkout to every effect, across processes and retries."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from django.test import Client
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from bus import spans
from bus.models import Delivery, Event
from bus.relay.spans import record_sent
from bus.store.claims import claim
from bus.store.outbox import fan_out
from bus.store.poll import poll
from bus.testing import end_waits, settle
from bus.worker.registration import register
from config.collector import collector
from config.spans import Recorder
from config.tests.test_tracing import TRACE, check_out
from tests.support.mail_server import MailServer

pytestmark = pytest.mark.django_db(transaction=True)

CUSTOMER = ("Ada", "Lovelace", "ada@example.com", "Main Street")
Recorded = Callable[[], list[ReadableSpan]]


@pytest.fixture
def recorded() -> Iterator[Recorded]:
    """The spans so far, in the order of their ends."""
    exporter = InMemorySpanExporter()
    spans.record_with(Recorder(lambda: SimpleSpanProcessor(exporter)))
    yield lambda: list(exporter.get_finished_spans())
    spans.record_with(None)


def parents(found: list[ReadableSpan]) -> dict[str, str]:
    """The name of the span above each, by its name."""
    by_id = {one.context.span_id: one.name for one in found}
    return {one.name: by_id.get(one.parent.span_id, "") if one.parent else "" for one in found}


def test_trace_leads_from_the_checkout_through_the_events_to_the_mail(
    recorded: Recorded, mail_server: MailServer
) -> None:
    check_out(TRACE)
    settle("inventory")
    settle("orders")
    settle("notifications")

    found = recorded()

    assert {f"{one.context.trace_id:032x}" for one in found} == {TRACE.split("-")[1]}
    above = parents(found)
    way = "smtp send"
    names = [way]
    while way := above[way]:
        names.append(way)
    assert names == [
        "smtp send",
        "handle notifications.tasks.send_order_confirmation",
        "publish OrderConfirmed",
        "handle orders.tasks.note_reservation",
        "publish StockReserved",
        "handle inventory.tasks.reserve_stock",
        "publish OrderPlaced",
        "POST /api/v1/checkout/",
    ]
    assert above["record notifications.tasks.send_order_confirmation"] == "publish OrderConfirmed"


def test_trace_begins_with_the_request_if_it_has_none(recorded: Recorded) -> None:
    check_out("")

    [published, request] = recorded()

    assert request.parent is None
    assert published.parent.span_id == request.context.span_id
    assert Event.objects.get().traceparent.split("-")[2] == f"{published.context.span_id:016x}"


def test_each_try_is_a_span_of_the_same_trace(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_out(TRACE)
    tries: list[int] = []

    def fail_once(placed: list[Any]) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise OperationalError(f"Ada Lovelace has {placed[0].number}")

    monkeypatch.setattr("inventory.services.reserve_stock", fail_once)
    settle("inventory")
    end_waits()
    settle("inventory")

    found = [one for one in recorded() if one.name == "handle inventory.tasks.reserve_stock"]
    kinds = [one.attributes.get("error.type") for one in found]
    assert kinds == ["django.db.utils.OperationalError", None]
    assert [one.attributes["attempt"] for one in found] == [1, 2]
    assert len({one.context.trace_id for one in found}) == 1
    delivery = Delivery.objects.get()
    assert {one.attributes["delivery"] for one in found} == {delivery.pk}
    assert {one.attributes["stream"] for one in found} == {delivery.stream}


def test_relay_records_what_it_has_sent_in_the_trace_of_the_event(recorded: Recorded) -> None:
    check_out(TRACE)
    register("inventory")
    fan_out()
    batches = claim(poll())

    record_sent(batches, began_at=1.0)

    assert parents(recorded())["send inventory.tasks.reserve_stock"] == "publish OrderPlaced"


def test_spans_hold_no_personal_data(
    recorded: Recorded, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail_server.script["RCPT"] = ["550 <ada@example.com> Ada Lovelace is unknown"]
    check_out("")
    settle("inventory")
    settle("orders")
    settle("notifications")

    found = "".join(one.to_json() for one in recorded())

    assert "error.type" in found
    assert [text for text in CUSTOMER if text in found] == []


def test_request_is_named_by_its_route_and_not_by_its_path(recorded: Recorded) -> None:
    browser = Client()
    browser.get("/orders/of/a-secret-token/")
    browser.get("/nowhere/at-all/")

    found = [one.to_json() for one in recorded()]

    assert not [one for one in found if "secret-token" in one or "nowhere" in one]


def test_unsampled_trace_of_the_caller_is_not_recorded(recorded: Recorded) -> None:
    check_out(TRACE[:-2] + "00")

    assert recorded() == []
    assert Event.objects.get().traceparent.startswith(TRACE[:35])


def test_forked_process_records_with_an_exporter_of_its_own() -> None:
    made: list[int] = []

    def processor() -> SimpleSpanProcessor:
        made.append(os.getpid())
        return SimpleSpanProcessor(InMemorySpanExporter())

    recorder = Recorder(processor)
    with recorder.span("here", spans.Kind.CLIENT, "", {}):
        pass

    child = os.fork()
    if child == 0:
        with recorder.span("there", spans.Kind.CLIENT, "", {}):
            pass
        os._exit(0 if made == [os.getppid(), os.getpid()] else 1)

    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_without_a_recorder_nothing_is_recorded() -> None:
    check_out(TRACE)

    assert not spans.are_recorded()
    assert Event.objects.get().traceparent == TRACE


def test_collector_is_an_address() -> None:
    assert collector("http://localhost:4318/") == "http://localhost:4318"
    assert collector("") == ""
    with pytest.raises(ImproperlyConfigured, match="OTEL_EXPORTER_OTLP_ENDPOINT is 'localhost:4"):
        collector("localhost:4317")


def test_missing_extra_is_named_with_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("opentelemetry")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    monkeypatch.setattr("bus.extras.find_spec", lambda _name: None)

    with pytest.raises(ImproperlyConfigured, match="run make install EXTRAS=tracing"):
        collector("http://localhost:4318")
