"""Which deliveries an operator means, and operations on very many."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bus import ops
from bus.models import Delivery, Event, OperatorAction, Queue, State, Subscription
from bus.ops import Filter, Refused, Selection
from bus.ops.selection import AT_ONCE
from bus.store.outbox import fan_out, insert_deliveries
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, happened, states
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)

MANY = 10_000


def react(event: Happened) -> None: ...
def react_too(event: Happened) -> None: ...


def event_of(stream: str, age: timedelta) -> None:
    event = Event.objects.create(
        type="Happened",
        version=1,
        stream=stream,
        data={"about": stream},
        at=Now() - age,
        correlation="00000000-0000-0000-0000-000000000001",
    )
    insert_deliveries([event.pk])


def ago(**age: float) -> object:
    return timezone.now() - timedelta(**age)


@pytest.mark.parametrize(
    ("asked", "streams"),
    [
        ({}, ["old", "old", "new", "new"]),
        ({"stream": "old"}, ["old", "old"]),
        ({"queue": "desk"}, ["old", "old", "new", "new"]),
        ({"state": "dead"}, ["new"]),
        ({"since": {"hours": 2}}, ["new", "new"]),
        ({"until": {"hours": 2}}, ["old", "old"]),
        ({"since": {"days": 3}, "until": {"hours": 2}, "state": "waiting"}, ["old", "old"]),
    ],
)
def test_filter_selects_its_deliveries(
    subscribed: Subscribed, asked: dict[str, object], streams: list[str]
) -> None:
    subscribed(react)
    dying = subscribed(react_too)
    register("desk")
    event_of("old", timedelta(days=2))
    event_of("new", timedelta(hours=1))
    Delivery.objects.filter(stream="new", subscription__name=dying).update(state=State.DEAD)

    for name in ("since", "until"):
        if isinstance(age := asked.get(name), dict):
            asked = {**asked, name: ago(**age)}
    chosen = Selection.matching(Filter(**asked))  # type: ignore[arg-type]  # parametrized

    rows = Delivery.objects.filter(pk__in=chosen.ids).order_by("pk")
    assert list(rows.values_list("stream", flat=True)) == streams


def test_ids_must_match_the_filter(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    given(*happened(1, 2))
    fan_out()
    first, second = Delivery.objects.order_by("pk")

    chosen = Selection.matching(Filter(ids=(first.pk, second.pk, 10**9), stream="2"))

    assert chosen.ids == [second.pk]
    assert Selection.matching(Filter(ids=(first.pk,), subscription=name)).ids == [first.pk]


def test_unknown_name_is_answered_with_similar_ones(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")

    with pytest.raises(Refused, match=f"no subscription {name[:-1]}; did you mean {name}"):
        Selection.matching(Filter(subscription=name[:-1]))
    with pytest.raises(Refused, match=r"no queue desc; did you mean desk\?"):
        Selection.matching(Filter(queue="desc"))
    with pytest.raises(Refused, match=f"no subscription {name[:-1]}; did you mean {name}"):
        ops.pause(name[:-1], by="ada")


def test_record_has_the_filter(subscribed: Subscribed) -> None:
    name = subscribed(react)
    register("desk")
    since = timezone.now().replace(2026, 1, 31, 12, 0, 0)

    wanted = Filter(subscription=name, state="dead", since=since)
    ops.deliver_again(Selection.matching(wanted), by="ada", why="mended")

    subject = OperatorAction.objects.get().subject
    assert subject.startswith(f"deliveries dead of {name} since 2026-01-31 ")


def test_deliveries_changed_since_selection_are_left(subscribed: Subscribed) -> None:
    subscribed(react)
    register("desk")
    given(*happened(1, 2))
    fan_out()
    Delivery.objects.update(state=State.DEAD)
    chosen = Selection.matching(Filter(state="dead"))
    Delivery.objects.filter(stream="1").update(state=State.DONE)

    assert ops.deliver_again(chosen, by="ada") == 1

    assert states() == {"1": State.DONE, "2": State.WAITING}


def many_dead() -> None:
    """A subscription that is no code's, with very many dead deliveries."""
    Subscription.objects.create(
        name="desk.tasks.react",
        event_type="Happened",
        queue=Queue.objects.create(name="desk"),
        batch=1,
        window=40,
        ordered=True,
        external=False,
        repeatable=False,
        retry="never again",
    )
    uuid = "gen_random_uuid()" if connection.vendor == "postgresql" else "hex(randomblob(16))"
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH RECURSIVE g(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {MANY}) "
            "INSERT INTO bus_event (uuid, type, version, stream, data, correlation, traceparent) "
            f"SELECT {uuid}, 'Happened', 1, n, '{{}}', {uuid}, '' FROM g"
        )
        cursor.execute(
            "INSERT INTO bus_delivery "
            "(event_id, subscription_id, queue_id, stream, ordered, state) "
            "SELECT e.id, s.id, s.queue_id, e.stream, TRUE, 'dead' "
            "FROM bus_event e, bus_subscription s"
        )


def test_large_selection_is_changed_in_bounded_steps() -> None:
    many_dead()
    chosen = Selection.matching(Filter(state="dead", since=timezone.now() - timedelta(hours=1)))

    with CaptureQueriesContext(connection) as queries:
        assert ops.discard(chosen, by="ada", why="a test") == len(chosen) == MANY

    assert len(queries) > MANY / AT_ONCE  # what is logged is bounded too
    assert max(len(query["sql"]) for query in queries.captured_queries) < 20 * AT_ONCE
    action = OperatorAction.objects.get()
    assert action.count == MANY
    assert action.subject.startswith("deliveries dead since ")
    assert ops.deliver_again(chosen.ids, by="ada", finished=True) == MANY
