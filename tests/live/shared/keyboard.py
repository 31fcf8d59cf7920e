"""Where the Tab key leads on the page that is shown."""

from collections.abc import Sequence
from dataclasses import dataclass

from playwright.sync_api import Page

FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']"


@dataclass(frozen=True)
class Tabbed:
    """What was reached from the top of the page on: each element's place among the `count` that
    can have the focus, or None for another one."""

    count: int
    reached: Sequence[int | None]
    hidden: Sequence[int | None]
    """Reached, and nothing was drawn around it."""


def tab_through(page: Page) -> Tabbed:
    """Press the Tab key once for each element that can have the focus."""
    count: int = page.evaluate(FROM_THE_TOP, FOCUSABLE)
    for _ in range(count):
        page.keyboard.press("Tab")
    reached = page.evaluate("window.reached")
    return Tabbed(
        count,
        [one["place"] for one in reached],
        [one["place"] for one in reached if not one["visible"]],
    )


FROM_THE_TOP = """(selector) => {
  document.body.tabIndex = -1;
  document.body.focus();  // a page with mistakes has taken the focus to them
  document.body.removeAttribute("tabindex");
  const shown = [...document.querySelectorAll(selector)]
      .filter((one) => one.checkVisibility() && !one.disabled && one.tabIndex >= 0);
  if (!window.reached) document.addEventListener("focusin", ({ target }) => {
    const drawn = (pseudo) => getComputedStyle(target, pseudo).outlineStyle !== "none";
    const place = window.places.get(target) ?? null;
    window.reached.push({ place, visible: drawn() || drawn("::after") });
  });
  window.reached = [];
  window.places = new Map(shown.map((one, place) => [one, place]));
  return shown.length;
}"""
