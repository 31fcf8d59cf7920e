"""Panels of an order's page: registered once, in their places, for those who may see them."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shop.panels import Content, RegisteredTwice, panel, panels_of
from shop.testing import no_panels


@pytest.fixture(autouse=True)
def none_registered() -> Iterator[None]:
    with no_panels():
        yield


def user(*permissions: str) -> Any:
    return SimpleNamespace(has_perm=permissions.__contains__)


def add(
    title: str, place: int, permission: str = "app.view", content: Content | None = None
) -> None:
    @panel(title, template="x.html", permission="app.view", place=place)
    def read(_number: str) -> Content | None:
        return content


def test_panels_come_in_their_places() -> None:
    add("Last", 3)
    add("First", 1)
    add("Second", 2, content={"rows": [1]})

    found = panels_of("SO-1", user("app.view"))

    assert [one.title for one in found] == ["First", "Second", "Last"]
    assert [one.content for one in found] == [None, {"rows": [1]}, None]


def test_panel_is_read_only_for_who_may_see_it() -> None:
    @panel("Secret", template="x.html", permission="app.view", place=1)
    def read(_number: str) -> Content | None:
        raise AssertionError("read without permission")

    assert panels_of("SO-1", user("other.view")) == []


def test_second_panel_of_same_title_is_refused() -> None:
    add("Stock", 1)

    with pytest.raises(RegisteredTwice, match="give one of them another title"):
        add("Stock", 2)
