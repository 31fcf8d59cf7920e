"""How a campaign draws its faults, and which logs it reads."""

from collections import Counter
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from tests.chaos.campaign import MOST_TOGETHER, Campaign, draw
from tests.chaos.faults import known

FAULTS = tuple(one for one in known().values() if one.at_random)


def test_same_seed_draws_same_faults() -> None:
    one, other = Random(7), Random(7)

    drawn = [draw(FAULTS, one) for _ in range(20)]

    assert drawn == [draw(FAULTS, other) for _ in range(20)]
    assert drawn != [draw(FAULTS, Random(8)) for _ in range(20)]


def test_concurrent_faults_differ_and_are_few() -> None:
    chance = Random(1)

    drawn = [[one.name for one in draw(FAULTS, chance)] for _ in range(300)]

    assert {len(names) for names in drawn} == set(range(1, MOST_TOGETHER + 1))
    assert all(len(set(names)) == len(names) for names in drawn)


def test_every_fault_is_drawn_and_short_ones_more_often() -> None:
    chance = Random(1)

    times = Counter(one.name for _ in range(3000) for one in draw(FAULTS, chance))

    assert set(times) == {one.name for one in FAULTS}
    assert times["kill-worker"] > 4 * times["last-pieces"]


def test_evidence_has_the_logs_of_servers(tmp_path: Path) -> None:
    for name in ("web.log", "redis/log", "postgres/log"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    stage: Any = SimpleNamespace(
        folder=tmp_path, shop={}, books=None, stolen=[], poisoned=set(),
        mailbox=SimpleNamespace(kept=list), warehouse=SimpleNamespace(done=list),
    )  # fmt: skip
    people: Any = SimpleNamespace(purchases=[], violations=[])

    evidence = Campaign(cast(Any, None), cast(Any, None), print).evidence(stage, people, people)

    assert [str(log.relative_to(tmp_path)) for log in evidence.logs] == [
        "postgres/log", "redis/log", "web.log",
    ]  # fmt: skip
