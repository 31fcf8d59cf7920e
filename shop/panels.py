"""What the apps show about one order on its page in the admin.

Each app registers its panels, so that the page names none of them. A panel is shown, and
its queries run, for those only who may view the rows that it shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser

Content = Mapping[str, Any]
Read = Callable[[str], Content | None]
"""Returns what a panel's template shows of the order of this number; None if there is nothing."""


@dataclass(frozen=True)
class Panel:
    """One app's part of the page. Panels with a lower `place` come first."""

    title: str
    template: str
    permission: str
    place: int
    wide: bool
    read: Read


@dataclass(frozen=True)
class Filled:
    """A panel with what its template shows, in which it is `panel`; None if there is nothing."""

    title: str
    template: str
    wide: bool
    content: Content | None


class RegisteredTwice(RuntimeError):
    """Two panels have the same title; give one of them another."""


_panels: dict[str, Panel] = {}


def panel(
    title: str, *, template: str, permission: str, place: int, wide: bool = False
) -> Callable[[Read], Read]:
    """Register the decorated function, as the content of a panel.

    Raises:
        RegisteredTwice: another function has registered a panel of this title.
    """

    def register(read: Read) -> Read:
        if title in _panels and _panels[title].read is not read:
            raise RegisteredTwice(
                f"{_panels[title].read.__module__} and {read.__module__} both register the panel "
                f"{title!r}; give one of them another title."
            )
        _panels[title] = Panel(title, template, permission, place, wide, read)
        return read

    return register


def panels_of(number: str, user: AbstractBaseUser | AnonymousUser) -> list[Filled]:
    """The panels of an order that `user` may see, in their places."""
    shown = (one for one in _panels.values() if user.has_perm(one.permission))  # type: ignore[union-attr]  # any user of the admin has it
    return [
        Filled(one.title, one.template, one.wide, one.read(number))
        for one in sorted(shown, key=lambda one: (one.place, one.title))
    ]
