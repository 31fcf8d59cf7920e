"""Log lines as JSON have the ids of what is being done, and no personal data."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpRequest

from bus import handlers, publish
from bus.context import ids
from bus.models import Delivery, Event
from bus.testing import settle
from bus.tests.conftest import Happened
from bus.worker.task import handle_message
from config.json_logs import JsonFormatter
from config.logs import LOGGING, logging_as
from config.tests.test_logs import NAME
from config.tests.test_tracing import TRACE, check_out
from config.tracing import trace_requests

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines() -> Iterator[Lines]:
    """What the shop's own handler would print, read again."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logging.getLogger().addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.getLogger().removeHandler(handler)


def test_line_has_instant_level_logger_and_message(lines: Lines) -> None:
    logging.getLogger("library").warning("%d parcels", 3)

    [line] = lines()
    assert line.pop("at").endswith("Z")
    assert line == {"level": "warning", "logger": "library", "message": "3 parcels"}


def test_error_is_told_by_its_kind_and_place_in_one_line(lines: Lines) -> None:
    try:
        raise ValueError(NAME)
    except ValueError:
        logging.getLogger("library").exception("%s failed", "grace@example.com", stack_info=True)

    [line] = lines()
    assert line["message"] == "[address] failed"
    assert line["error"].startswith("Traceback")
    assert line["error"].endswith("ValueError")
    assert "Grace" not in str(line)
    assert "stack_info" not in line


def test_argument_with_a_line_break_makes_no_second_line(lines: Lines) -> None:
    logging.getLogger("library").info("%s", 'first\n{"level": "forged"}')

    [line] = lines()
    assert line["level"] == "info"


@pytest.mark.django_db(transaction=True)
def test_every_line_of_a_delivery_has_the_ids_of_order_event_and_trace(lines: Lines) -> None:
    check_out(TRACE)
    event = Event.objects.get()

    settle("inventory")

    [line] = [one for one in lines() if one["logger"] == "bus.worker.task"]
    assert line["message"].startswith("inventory.tasks.reserve_stock: 1 done in")
    assert line["subscription"] == "inventory.tasks.reserve_stock"
    assert line["delivery"] == Delivery.objects.get().pk
    assert line["order"] == event.stream
    assert line["event"] == str(event.uuid)
    assert line["trace"] == TRACE.split("-")[1]


@pytest.mark.django_db(transaction=True)
def test_failed_delivery_is_logged_with_its_ids_and_without_its_customer(
    lines: Lines, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_out(TRACE)
    event = Event.objects.get()

    def fail(placed: list[Any]) -> None:
        logging.getLogger("library").info("it begins")
        raise LookupError(f"Ada Lovelace has {placed[0].number}")

    monkeypatch.setattr("inventory.services.reserve_stock", fail)
    settle("inventory")

    begun, failed, ended = [one for one in lines() if "subscription" in one]
    assert begun["message"] == "it begins"
    assert failed["message"].endswith("is dead after LookupError")
    assert ended["message"].endswith(" s")
    for line in (begun, failed, ended):
        assert (line["order"], line["event"]) == (event.stream, str(event.uuid))
    assert "Ada" not in str(lines())


@pytest.mark.django_db(transaction=True)
def test_stale_message_is_logged_with_its_deliveries(lines: Lines) -> None:
    check_out(TRACE)
    settle("inventory")

    handle_message(handlers.find("inventory.tasks.reserve_stock"), [(7, 1), (8, 1)])

    assert lines()[-1]["delivery"] == [7, 8]


@pytest.mark.django_db(transaction=True)
def test_rest_of_a_request_names_the_order_that_it_has_placed() -> None:
    found: list[dict[str, Any]] = []

    def answer(_request: Any) -> None:
        found.append(ids())
        with transaction.atomic():
            publish(Happened(about="SO-7"))
        found.append(ids())

    trace_requests(answer)(HttpRequest())

    before, after = found
    assert after == before | {"stream": "SO-7", "event": str(Event.objects.get().uuid)}
    assert len(before["trace"]) == 32
    assert ids() == {}


@pytest.mark.parametrize(("chosen", "formatter"), [("console", "Formatter"), ("json", "Json")])
def test_format_is_chosen_by_its_setting(chosen: str, formatter: str) -> None:
    assert formatter in str(logging_as(chosen)["formatters"])
    assert logging_as(chosen)["handlers"] == LOGGING["handlers"]


def test_unknown_format_is_refused_with_those_that_exist() -> None:
    with pytest.raises(ImproperlyConfigured, match="LOG_FORMAT is 'xml'; set it to console or js"):
        logging_as("xml")
