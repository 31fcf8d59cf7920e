"""A deployed shop is advised to ask staff for a second factor."""

from typing import Any

import pytest

from config.checks.factors import check_second_factor
from config.tests.reading import settings_with


@pytest.mark.parametrize(
    ("required", "debug", "advised"),
    [(True, False, False), (False, False, True), (False, True, False)],
)
def test_shop_without_second_factor_is_advised(
    settings: Any, required: bool, debug: bool, advised: bool
) -> None:
    settings.STAFF_SECOND_FACTOR, settings.DEBUG = required, debug

    check = check_second_factor()

    assert bool(check.fix) == advised
    assert not check.fails


def test_second_factor_is_required_unless_on_a_laptop() -> None:
    unset = {"STAFF_SECOND_FACTOR": ""}

    assert settings_with(**unset)["STAFF_SECOND_FACTOR"] is True
    assert settings_with(DEBUG="1", **unset)["STAFF_SECOND_FACTOR"] is False
