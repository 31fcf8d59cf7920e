"""The model proves nothing unless it catches a bus that breaks a promise."""

import pytest
from hypothesis import settings

from bus.tests.model import broken
from bus.tests.model.broken import Break
from bus.tests.model.exploring import explore
from bus.tests.model.invariants import check
from bus.tests.model.machine import Histories
from bus.tests.model.scripts import SCRIPTS, Script
from bus.tests.model.world import World

EASILY_FOUND = [
    broken.no_lanes,
    broken.no_window,
    broken.a_key_for_each_try,
    broken.leases_never_end,
]


def name(broken: Break) -> str:
    return broken.__name__


def played(world: World, script: Script) -> None:
    world.begin()
    for _step in script(world):
        check(world)


@pytest.mark.parametrize("broken", SCRIPTS, ids=name)
def test_shortest_history_catches_each_broken_bus(
    histories: type[Histories], monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    played(histories.world, SCRIPTS[broken])

    broken(monkeypatch)

    with pytest.raises(AssertionError):
        played(histories.world, SCRIPTS[broken])


@pytest.mark.timeout(0)
@pytest.mark.parametrize(
    "broken", SCRIPTS if settings().max_examples > 1000 else EASILY_FOUND, ids=name
)
@pytest.mark.sqlite
def test_random_histories_find_each_broken_bus(
    histories: type[Histories], monkeypatch: pytest.MonkeyPatch, broken: Break
) -> None:
    broken(monkeypatch)

    with pytest.raises(AssertionError):
        explore(histories, 1000, shrink=False)
