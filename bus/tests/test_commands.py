"""What an operator types, and what is answered."""

from datetime import timedelta
from getpass import getuser
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from bus import ops
from bus.models import Delivery, OperatorAction, State, Subscription
from bus.store.outbox import fan_out
from bus.testing import given
from bus.tests.conftest import Happened, Subscribed, World, happened, note, states
from bus.worker.registration import register

pytestmark = pytest.mark.django_db(transaction=True)


def react(event: Happened) -> None:
    note(str(event.number))


def said(*command: str) -> str:
    told = StringIO()
    call_command(*command, stdout=told)
    return told.getvalue()


def log() -> list[tuple[str, str, str, int, str]]:
    rows = OperatorAction.objects.exclude(what="effect").order_by("id")
    return list(rows.values_list("who", "what", "subject", "count", "why"))


@pytest.fixture
def name(subscribed: Subscribed) -> str:
    """Three deliveries: two dead, and one that waits."""
    name = subscribed(react)
    register("desk")
    given(*happened(1, 2, 3))
    fan_out()
    Delivery.objects.exclude(stream="3").update(state=State.DEAD, error="Traceback\nValueError: 7")
    return name


def test_deliveries_are_shown_with_their_count(name: str) -> None:
    answer = said("deliveries", "--state", "dead")

    assert answer.count("ValueError: 7") == answer.count(name) == 2
    assert answer.endswith("2 deliveries\n")
    assert log() == []


def test_error_text_is_not_markup(name: str) -> None:
    Delivery.objects.update(error="x\nno [personal] at [/nowhere]")

    assert "no [personal] at [/nowhere]" in said("deliveries", "--state", "dead")


def test_newest_deliveries_are_shown(name: str) -> None:
    given(*happened(*range(10, 70)))
    fan_out()

    answer = said("deliveries")

    assert answer.count(name) == 50
    assert answer.endswith("the newest 50 of 63 deliveries\n")


def test_matching_deliveries_are_delivered_again_and_recorded(name: str) -> None:
    asked = ("deliveries", "--subscription", name, "--state", "dead", "--again")
    answer = said(*asked, "--by", "ada", "--why", "mended")

    assert answer == f"2 of 2 due again: deliveries dead of {name}\n"
    assert set(states().values()) == {State.WAITING}
    assert log() == [("ada", "deliver again", f"deliveries dead of {name}", 2, "mended")]


def test_delivery_is_delivered_again_by_id(name: str) -> None:
    number = str(Delivery.objects.get(stream="2").pk)

    assert said("deliveries", number, "--again") == f"1 of 1 due again: deliveries {number}\n"

    assert states() == {"1": State.DEAD, "2": State.WAITING, "3": State.WAITING}


def test_unchangeable_deliveries_are_not_counted(name: str) -> None:
    Delivery.objects.filter(stream="1").update(state=State.RUNNING)

    answer = said("deliveries", "--queue", "desk", "--again")

    assert answer.startswith("2 of 3 due again: deliveries in queue desk (1 running: ")


def test_all_deliveries_since_an_instant_are_delivered_again(name: str) -> None:
    since = (timezone.now() - timedelta(minutes=5)).isoformat()

    answer = said("deliveries", "--since", since, "--again")

    assert answer.startswith("3 of 3 due again: deliveries since 20")


def test_matching_deliveries_are_discarded_with_a_reason(name: str) -> None:
    with pytest.raises(CommandError, match="discarding needs one"):
        said("deliveries", "--stream", "1", "--discard")

    answer = said("deliveries", "--stream", "1", "--discard", "--why", "a test order")

    assert answer == "1 of 1 discarded: deliveries about 1\n"
    assert states()["1"] == State.DISCARDED


def test_command_says_why_nothing_changed(name: str) -> None:
    Delivery.objects.filter(stream="1").update(state=State.DONE)
    with pytest.raises(CommandError, match=r"^0 of 1 discarded: .*1 done already: only waiting or"):
        said("deliveries", "--stream", "1", "--discard", "--why", "x")

    ops.retire(name, by="ada", why="gone")
    with pytest.raises(CommandError, match=r"^0 of 1 due again: .*1 of a retired subscription: "):
        said("deliveries", "--stream", "1", "--again")


def test_command_without_matches_does_nothing(name: str) -> None:
    assert said("deliveries", "--state", "done", "--again") == "No delivery matches.\n"

    assert log() == []


@pytest.mark.parametrize("act", ["--again", "--discard"])
def test_command_refuses_the_whole_ledger(name: str, act: str) -> None:
    before = states()

    with pytest.raises(
        CommandError,
        match=r"No filter is given, and all deliveries would change. Give ids, or --subscription,",
    ):
        said("deliveries", act, "--why", "x")

    assert states() == before


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (
            ["deliveries", "1", "--again", "--by", "x" * 151],
            "--by: a name must have 1 to 150 characters",
        ),
        (["prune", "--by", " "], "--by: a name must have 1 to 150 characters; this one has 0."),
        (["deliveries", "--queue", "nowhere"], "There is no queue nowhere; see manage.py"),
        (["deliveries", "99999", "--again"], "No delivery matches."),
        (["deliveries", "--stream", "none", "--discard", "--why", "x"], "No delivery matches."),
        (["deliveries", "--since", "2026-02-01", "--until", "2026-01-01"], "exchange them"),
        (
            ["deliveries", "--since", "soon"],
            "'soon' is no date that can be used; write it like 2026-01-31.",
        ),
        (["deliveries", "--since", "2026-02-31"], "'2026-02-31' is no date"),
        (["deliveries", "--since", "0001-01-01"], "--since: '0001-01-01' is no date"),
        (["backfill", "nobody", "--since", "9999-12-31"], "--since: '9999-12-31' is no date"),
        (["subscriptions", "--pause", "nobody"], "There is no subscription nobody"),
        (["backfill", "nobody", "--since", "2026-01-31"], "There is no subscription nobody"),
        (
            ["prune", "--older-than", "-1"],
            "The age is -1 days; it must be between 0 and 36500 days.",
        ),
        (
            ["prune", "--older-than", f"{10**12}"],
            f"The age is {10**12} days; it must be between 0 and",
        ),
        (["deliveries", f"{10**20}", "--again"], f"the id {10**20} is out of range"),
    ],
)
def test_contradictory_options_are_refused_with_a_sentence(asked: list[str], sentence: str) -> None:
    with pytest.raises(CommandError) as refused:
        said(*asked)

    assert sentence in str(refused.value)


def test_subscription_is_paused_resumed_and_retired_by_name(name: str) -> None:
    answer = said("subscriptions", "--pause", name, "--by", "ada", "--why", "full disk")
    assert answer.startswith(f"{name} is paused.\n")
    assert Subscription.objects.get().paused_at is not None
    assert said("subscriptions", "--resume", name).startswith(f"{name} is resumed.\n")
    assert Subscription.objects.get().paused_at is None
    with pytest.raises(CommandError, match="retiring needs one"):
        said("subscriptions", "--retire", name)
    answer = said("subscriptions", "--retire", name, "--why", "gone")
    assert answer.startswith(f"{name} is retired; 3 deliveries discarded.\n")
    with pytest.raises(CommandError, match="is retired"):
        said("subscriptions", "--resume", name)

    assert [entry[:3] for entry in log()] == [
        ("ada", "pause", name),
        (getuser(), "resume", name),
        (getuser(), "retire", name),
    ]


def other(event: Happened) -> None:
    note("other")


def test_several_subscriptions_are_retired_by_name(name: str, subscribed: Subscribed) -> None:
    second = subscribed(other)
    register("desk")

    answer = said("subscriptions", "--retire", name, second, "--why", "gone")

    assert f"{name} is retired; 3 deliveries discarded.\n{second} is retired; 3 " in answer
    assert not Subscription.objects.filter(retired_at=None).exists()


def test_subscriptions_of_queue_are_retired_together(name: str, subscribed: Subscribed) -> None:
    gone = subscribed(other)
    register("desk")
    asked = ("subscriptions", "--retire-queue", "desk", "--why", "switched off")
    ops.retire(gone, by="ada", why="earlier")

    assert said(*asked).startswith(f"{name} is retired; 3 deliveries discarded.\n")

    with pytest.raises(CommandError, match="There is no queue with subscriptions desk; see "):
        said(*asked)


def test_suppressed_backfill_has_its_own_option(subscribed: Subscribed, world: World) -> None:
    given(*happened(1, 2))
    fan_out()
    name = subscribed(world.send, external=True)
    register("desk")
    Delivery.objects.all().delete()  # what the sweep of the last minute gave it

    asked = ("backfill", name, "--since", "2020-01-01", "--suppressed", "--why", "newcomer")
    assert said(*asked) == f"2 deliveries inserted for {name}\n"

    assert set(states().values()) == {State.DISCARDED}
    subject = f"{name} since 2020-01-01 00:00:00 suppressed"
    assert log() == [(getuser(), "backfill", subject, 2, "newcomer")]


def test_prune_command_reports_and_records_its_count(name: str) -> None:
    assert said("prune", "--why", "disk") == (
        "0 deliveries deleted that were done or discarded more than 365 days ago\n"
    )

    ((who, what, subject, count, why),) = log()
    assert (who, what, count, why) == (getuser(), "prune", 0, "disk")
    assert subject.startswith("done before 20")
