"""The pages of the operator's console."""

from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bus import Queue
from bus.admin import console_board
from bus.admin.console_board import Chosen, news
from bus.models import Delivery, RelayState, State
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened
from bus.tests.staff import OPERATES, signed_in
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

PAGES = ("changelist", "matrix", "map", "jobs", "quarantine")


def wrap(event: Happened) -> None: ...


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    name = subscribed(wrap, queue=Queue("desk", ordered=True))
    register("desk")
    RelayState.objects.update_or_create(pk=1, defaults={"looked_at": Now(), "broker_error": ""})
    given(Happened(about="a"), Happened(about="a", number=1), Happened(about="b"))
    fan_out()
    return name


def page(client: Client, name: str, **query: str) -> str:
    answer = client.get(reverse(f"admin:bus_console_{name}"), query)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("view", [*PAGES, "board", "board_stream"])
def test_page_is_for_those_who_may_view_deliveries(client: Client, view: str) -> None:
    signed_in(client, "view_subscription", *OPERATES)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(reverse(f"admin:bus_console_{view}"))

    assert answer.status_code == 403
    assert not [one for one in queries.captured_queries if '"bus_' in one["sql"]]


@pytest.mark.parametrize("view", PAGES)
def test_page_opens_on_an_empty_ledger(operator: Client, view: str) -> None:
    assert page(operator, view)


@pytest.mark.parametrize("view", PAGES)
def test_page_has_no_inline_script_or_style(operator: Client, name: str, view: str) -> None:
    content = page(operator, view).split('class="console"')[1].split("</main>")[0]

    assert "<script" not in content.replace("<script src", "")
    assert " style=" not in content
    assert " onclick=" not in content


@pytest.mark.parametrize(
    ("url", "command"),
    [
        ("redis://localhost:1/0", "celery -A config worker --queues desk"),
        ("", "manage.py work --queues desk"),
    ],
    ids=["broker", "no broker"],
)
def test_queue_without_worker_says_how_to_start_one(
    operator: Client, name: str, settings: Any, url: str, command: str
) -> None:
    settings.BUS_REDIS_URL = url

    said = page(operator, "changelist")

    assert "has something to do and no worker" in said
    assert command in said


def test_blocked_lane_leads_to_what_blocks_it(operator: Client, name: str) -> None:
    first = Delivery.objects.filter(stream="a").order_by("id")[0]
    Delivery.objects.filter(pk=first.pk).update(state=State.DEAD, error="ValueError: <7>")

    said = page(operator, "changelist")

    assert reverse("admin:bus_delivery_change", args=[first.pk]) in said
    assert f"?stream=a#delivery-{first.pk}" in said
    assert "ValueError: &lt;7&gt;" in said


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({}, True),
        ({"queue": "desk"}, True),
        ({"queue": "counter"}, False),
        ({"show": "open"}, True),
        ({"show": "red", "queue": "counter"}, False),
        ({"queue": "'\"<"}, False),
    ],
)
def test_filter_is_in_the_address(
    operator: Client, name: str, query: dict[str, str], shown: bool
) -> None:
    said = page(operator, "changelist", **query)

    assert (f'title="{name}"' in said) is shown
    assert ("Nothing matches this filter" in said) is not shown


@pytest.mark.parametrize("view", ["board", "board_stream"])
def test_board_sends_strangers_to_the_login(client: Client, view: str) -> None:
    answer = client.get(reverse(f"admin:bus_console_{view}"))

    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("admin:login"))


def test_script_gets_the_part_that_changes_by_the_filter_of_its_page(
    operator: Client, name: str
) -> None:
    content = page(operator, "changelist", queue="desk", show="open")
    address = reverse("admin:bus_console_board")
    assert f'data-snapshot="{address}?queue=desk&amp;show=open"' in content
    assert f'data-stream="{address}stream/?queue=desk&amp;show=open"' in content

    answer = operator.get(address, {"queue": "desk"}).json()
    other = operator.get(address, {"queue": "counter"}).json()

    assert answer["html"].lstrip().startswith("<p class=")
    assert f'title="{name}"' in answer["html"]
    assert f'title="{name}"' not in other["html"]


def test_one_board_is_read_for_all_open_consoles(name: str) -> None:
    with CaptureQueriesContext(connection) as alone:
        news({Chosen("", ""): ""})
    with CaptureQueriesContext(connection) as together:
        found = news({Chosen(queue, ""): "" for queue in ("", "desk", "counter")})

    assert len(together) == len(alone)
    assert [f'title="{name}"' in one.data["html"] for one in found.values()] == [True, True, False]


def test_choices_that_do_not_exist_are_drawn_once(name: str, rf: RequestFactory) -> None:
    addresses = [f"/?queue=desk&show={number}" for number in range(5)]
    unknown = [f"/?queue=q{number}&show=red" for number in range(5)]

    chosen = {Chosen.of(rf.get(address)): "" for address in (*addresses, *unknown)}
    found = news(chosen)

    assert [one for one in chosen if one.queue == "desk"] == [Chosen("desk", "")]
    assert len({id(one.data) for one in found.values()}) == 2
    assert "Nothing matches this filter" in found[Chosen("q1", "red")].data["html"]


def test_feed_draws_what_the_page_shows(operator: Client, name: str) -> None:
    shown = operator.get(reverse("admin:bus_console_changelist"))
    drawn = console_board.drawn(shown.context["board"], Chosen("", ""))

    assert drawn["html"] in shown.content.decode()


def test_matrix_shows_the_worst_state_of_a_stream(operator: Client, name: str) -> None:
    last = Delivery.objects.filter(stream="a").order_by("-id")[0]
    Delivery.objects.filter(pk=last.pk).update(state=State.DEAD)

    said = page(operator, "matrix")

    assert f'class="cell dead" href="{reverse("admin:bus_console_stream")}?stream=a' in said
    assert f"#delivery-{last.pk}" in said
    assert "wrap: dead (2 deliveries)" in said


def test_matrix_is_paged_by_the_newest_event_of_each_stream(
    operator: Client, subscribed: Subscribed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bus.console.matrix.ON_A_PAGE", 2)
    monkeypatch.setattr("bus.console.matrix.EVENTS_AT_ONCE", 3)
    given(*happened(1, 2, 3, 4, 1, 5))
    shown: list[list[str]] = []
    query: dict[str, str] = {}
    while True:
        answer = operator.get(reverse("admin:bus_console_matrix"), query)
        matrix = answer.context["matrix"]
        shown.append([row.stream for row in matrix.rows])
        if not matrix.following:
            break
        query = {"before": str(matrix.following)}

    assert shown == [["5", "1"], ["4", "3"], ["2"]]


@pytest.mark.parametrize(
    "before", ["", "x", "0", "-1", "9" * 30, "9" * 5_000, "\N{SUPERSCRIPT TWO}"]
)
def test_bad_place_of_the_matrix_is_its_beginning(operator: Client, name: str, before: str) -> None:
    assert "?stream=a" in page(operator, "matrix", before=before)


def test_search_leads_to_the_stream(operator: Client, name: str) -> None:
    event = Delivery.objects.filter(stream="b").get().event_id

    for wanted in ("b", str(event), " b "):
        answer = operator.get(reverse("admin:bus_console_matrix"), {"q": wanted})
        assert answer["Location"] == f"{reverse('admin:bus_console_stream')}?stream=b"


@pytest.mark.parametrize("wanted", ["nothing", "x" * 300, "%"])
def test_search_without_a_match_says_so(operator: Client, name: str, wanted: str) -> None:
    assert "Nothing was published for" in page(operator, "matrix", q=wanted)


def test_stream_shows_its_events_and_what_blocks_them(operator: Client, name: str) -> None:
    first = Delivery.objects.filter(stream="a").order_by("id")[0]
    Delivery.objects.filter(pk=first.pk).update(state=State.DEAD, error="x\nValueError: 7")

    said = page(operator, "stream", stream="a")

    assert "needs a person" in said
    assert "ValueError: 7" in said
    assert f'waits for <a href="#delivery-{first.pk}">' in said


@pytest.mark.parametrize("stream", ["", "SO-1"])
def test_unknown_stream_is_not_found(operator: Client, name: str, stream: str) -> None:
    answer = operator.get(reverse("admin:bus_console_stream"), {"stream": stream})

    assert answer.status_code == 404


def test_map_shows_each_handler_as_picture_and_in_words(operator: Client, name: str) -> None:
    said = page(operator, "map")

    assert said.count(">wrap<") == 1
    assert "desk: wrap" in said
    assert said.count(">Happened<") == 2
