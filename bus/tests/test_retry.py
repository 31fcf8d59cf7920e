"""The waits between tries."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bus import Retry

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
GOOD: dict[str, Any] = {"on": (OSError,), "times": 5, "first_wait": SECOND, "longest_wait": HOUR}


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"on": (OSError, "timeout")}, "takes classes of exceptions, not 'timeout'"),
        ({"on": (KeyboardInterrupt,)}, "takes classes of exceptions"),
        ({"times": 0}, "it must be 1 to 1000"),
        ({"times": 1001}, "it must be 1 to 1000"),
        ({"first_wait": timedelta(0)}, "first_wait must be above zero"),
        ({"first_wait": 2 * HOUR}, "at most longest_wait"),
        ({"longest_wait": timedelta(days=2)}, "longest_wait at most 1 day"),
    ],
)
def test_impossible_policy_is_refused(wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises((TypeError, ValueError), match=sentence):
        Retry(**(GOOD | wrong))


def test_wait_doubles_up_to_the_longest() -> None:
    retry = Retry(on=(), times=9, first_wait=30 * SECOND, longest_wait=3 * MINUTE)

    waits = [retry.full_wait(failures) / SECOND for failures in (1, 2, 3, 4, 5, 32_000)]

    assert waits == [30, 60, 120, 180, 180, 180]


@given(
    failures=st.integers(1, 32_767),
    first=st.timedeltas(timedelta(microseconds=1), timedelta(days=1)),
)
def test_wait_is_half_to_all_of_the_full_wait(failures: int, first: timedelta) -> None:
    retry = Retry(on=(), times=5, first_wait=first, longest_wait=timedelta(days=1))

    wait = retry.wait(failures)

    full = retry.full_wait(failures)
    assert first <= full <= timedelta(days=1)
    assert full / 2 - timedelta.resolution <= wait <= full


@pytest.mark.parametrize(
    ("times", "first", "longest", "text"),
    [
        (1, SECOND, HOUR, "never again"),
        (4, SECOND, HOUR, "1 s, 2 s, 4 s"),
        (6, 30 * SECOND, MINUTE, "30 s, 4 x 1 min"),
        (4, HOUR, 90 * MINUTE, "1 h, 2 x 1.5 h"),
        (40, 12 * HOUR, 24 * HOUR, "12 h, 38 x 24 h"),
    ],
)
def test_policy_prints_its_waits(
    times: int, first: timedelta, longest: timedelta, text: str
) -> None:
    assert str(Retry(on=(), times=times, first_wait=first, longest_wait=longest)) == text
