"""The stream through a real server: a change within a second, and an end when it is time."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from django.utils import timezone

from analytics import services
from analytics.tests.conftest import running_dashboard
from analytics.tests.events import line, placed

WITHIN = 1.5
"""Seconds: one for the promise, and half of one for a busy machine."""

Events = Iterator[tuple[str, str]]


@contextmanager
def stream(
    address: str, session: str
) -> Iterator[tuple[httpx.Response, Iterator[tuple[str, str]]]]:
    """The response and its events, each one by its name and its data."""
    with (
        httpx.Client(cookies={"sessionid": session}, timeout=20) as client,
        client.stream("GET", f"{address}/analytics/stream/") as response,
    ):
        yield response, events(response.iter_lines())


def events(lines: Iterator[str]) -> Events:
    name = ""
    for text in lines:
        field, _, value = text.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, value


def test_viewer_receives_sale_within_a_second(dashboard, staff_session):
    with stream(dashboard, staff_session) as (_response, told):
        first = json.loads(next(told)[1])
        assert first["today"]["orders"] == 0

        services.record_sales([placed("SO-1", line("MUG", 2), at=timezone.now())])
        began = time.monotonic()
        name, data = next(told)

    assert time.monotonic() - began < WITHIN
    assert name == "news"
    figures = json.loads(data)
    assert figures["today"] | {"orders": 1, "units": 2, "revenue": "23.80"} == figures["today"]
    assert sum(minute["orders"] for minute in figures["minutes"]) == 1
    assert figures["products"][0]["sku"] == "MUG"


def test_stream_passes_through_proxies_unbuffered(dashboard, staff_session):
    with stream(dashboard, staff_session) as (response, _told):
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["cache-control"] == "no-cache"
        assert response.headers["x-accel-buffering"] == "no"
        assert next(response.iter_lines()) == "retry: 2000"


def test_stream_sends_beat_when_nothing_has_changed(dashboard, staff_session):
    with stream(dashboard, staff_session) as (_response, told):
        next(told)
        names = {next(told)[0] for _time in range(2)}

    assert "checked" in names


def test_server_stops_in_time_with_open_stream(staff_session):
    with running_dashboard() as (address, process), stream(address, staff_session) as (_, told):
        next(told)

        process.terminate()
        began = time.monotonic()
        process.wait(10)

    assert time.monotonic() - began < 2.5  # the server's grace period is three seconds


@pytest.mark.postgres
def test_viewers_may_outnumber_database_connections(staff_session, dashboard):
    with ExitStack() as viewers:
        streams = [
            viewers.enter_context(stream(dashboard, staff_session))
            for _viewer in range(25)  # the server's pool holds twenty connections
        ]

        assert {next(told)[0] for _response, told in streams} == {"news"}
