"""What axe-core finds on the page that is shown."""

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
"""Options for the rules whose answer depends on colours."""

Grave = tuple[str, str]
"""A rule that is broken, and the first element that breaks it."""


def grave_findings(page: Page, options: Mapping[str, Any] | None = None) -> list[Grave]:
    """Serious and critical violations. Without `options` by all rules that are on by default."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate(RUN, {"resultTypes": ["violations"], **(options or {})})
    return [(rule, element) for rule, element in found]


RUN = """async (options) => {
  const { violations } = await axe.run(options);
  return violations.filter((one) => ["serious", "critical"].includes(one.impact))
      .map((one) => [one.id, one.nodes[0].html]);
}"""
