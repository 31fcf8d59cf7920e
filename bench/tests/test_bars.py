"""Percentiles, ratios, turns taken together, and what a bar says."""

import pytest

from bench.bars import Bar, percentile, ratio
from bench.load import Answers, together


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.95, 95), (0.99, 99), (1.0, 100), (0.001, 1)]
)
def test_percentile_is_the_nearest_rank(share: float, value: int) -> None:
    assert percentile(list(range(100, 0, -1)), share) == value


def test_percentile_of_nothing_breaks_its_bar() -> None:
    assert Bar("latency", percentile([], 0.5), 1.0).verdict == "BROKEN"


def test_ratio_is_computed_pair_by_pair() -> None:
    # The machine was ten times slower during the second pair.
    assert ratio([1.0, 11.0, 1.2], [1.0, 10.0, 1.0]) == pytest.approx(1.1)


def test_ratio_of_no_pairs_holds_no_bar() -> None:
    assert Bar("growth", ratio([], []), 1.25).verdict == "BROKEN"


def test_answers_of_several_turns_are_merged() -> None:
    turns = [Answers([0.1], {"SO-1": 5.0}), Answers([0.3], {"SO-2": 6.0}, errors=2)]

    whole = together(turns)

    assert (whole.took, whole.errors, whole.usable) == ([0.1, 0.3], 2, True)
    assert whole.numbers == {"SO-1": 5.0, "SO-2": 6.0}


def test_errors_of_unusable_turns_count() -> None:
    whole = together([Answers([0.1], errors=1, usable=False)])

    assert (whole.took, whole.errors, whole.usable) == ([], 1, False)


@pytest.mark.parametrize(
    ("value", "at_least", "verdict"),
    [(1.0, False, "holds"), (1.1, False, "BROKEN"), (1.0, True, "holds"), (0.9, True, "BROKEN")],
)
def test_bar_holds_at_its_limit(value: float, at_least: bool, verdict: str) -> None:
    assert Bar("latency", value, 1.0, at_least=at_least).verdict == verdict


@pytest.mark.parametrize(("value", "shown"), [(0.2094, "0.209/s"), (3421.7, "3,422/s")])
def test_figure_is_formatted_for_reading(value: float, shown: str) -> None:
    assert Bar("relay", value, 1.0, "/s").measured == shown


def test_unjudged_bar_says_why() -> None:
    bar = Bar("two relays", 1.2, 1.7, at_least=True, note="not judged: 2 cores")

    assert not bar.judged
    assert bar.verdict == "not judged: 2 cores"
