"""Grafana's own types know every field and value of the dashboard."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.grafana import faults
from tests.test_observability import DASHBOARD

Json = dict[str, Any]


def panel(dashboard: Json) -> Json:
    found: Json = next(one for one in dashboard["panels"] if one["type"] == "stat")
    return found


def test_every_field_of_the_dashboard_is_one_of_grafana() -> None:
    assert faults(DASHBOARD) == []


@pytest.mark.parametrize(
    ("mistake", "place"),
    [
        pytest.param(lambda one: one.update(foo=1), ".foo", id="field"),
        pytest.param(lambda one: one.update(graphTooltip=9), "graph_tooltip", id="value"),
        pytest.param(lambda one: panel(one).update(titel=""), ".titel", id="field of a panel"),
        pytest.param(lambda one: panel(one).update(type="statt"), "statt", id="kind of panel"),
        pytest.param(
            lambda one: panel(one)["options"].update(colorMode="no"), "color_mode", id="option"
        ),
        pytest.param(
            lambda one: panel(one)["gridPos"].update(w="3"), "grid_pos.w", id="kind of value"
        ),
        pytest.param(lambda one: panel(one)["targets"][0].update(expr=3), "expr", id="query"),
    ],
)
def test_mistake_is_found(mistake: Callable[[Json], None], place: str) -> None:
    broken = copy.deepcopy(DASHBOARD)
    mistake(broken)

    (found,) = faults(broken)

    assert place in found
