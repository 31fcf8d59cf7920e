"""How a campaign draws its faults."""

from collections import Counter
from random import Random

from tests.chaos.campaign import MOST_TOGETHER, draw
from tests.chaos.faults import known

FAULTS = tuple(one for one in known().values() if one.at_random)


def test_the_same_seed_draws_the_same_faults() -> None:
    one, other = Random(7), Random(7)

    drawn = [draw(FAULTS, one) for _ in range(20)]

    assert drawn == [draw(FAULTS, other) for _ in range(20)]
    assert drawn != [draw(FAULTS, Random(8)) for _ in range(20)]


def test_faults_that_strike_together_differ_and_are_few() -> None:
    chance = Random(1)

    drawn = [[one.name for one in draw(FAULTS, chance)] for _ in range(300)]

    assert {len(names) for names in drawn} == set(range(1, MOST_TOGETHER + 1))
    assert all(len(set(names)) == len(names) for names in drawn)


def test_every_fault_comes_and_short_ones_come_more_often() -> None:
    chance = Random(1)

    times = Counter(one.name for _ in range(3000) for one in draw(FAULTS, chance))

    assert set(times) == {one.name for one in FAULTS}
    assert times["kill-worker"] > 4 * times["last-pieces"]
