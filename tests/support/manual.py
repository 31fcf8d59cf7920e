"""The files that docs/deploy.md shows, so that tests start what its readers start."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/deploy.md"
BLOCK = re.compile(r"^```\w+\n(?:#|--) (?P<name>.+)\n(?P<text>[^`]*?)^```$", re.MULTILINE)


def shown(name: str, replaced: dict[str, str]) -> str:
    """The text of the block whose first line is a comment with this name.

    `replaced` says what of it is another thing here: paths, ports, names.

    Raises:
        LookupError: there is no such block, or what is to be replaced is not in it.
    """
    text = {found["name"]: found["text"] for found in BLOCK.finditer(PAGE.read_text())}[name]
    for old, new in replaced.items():
        if old not in text:
            raise LookupError(f"{name} no longer holds {old!r}")
        text = text.replace(old, new)
    return text
