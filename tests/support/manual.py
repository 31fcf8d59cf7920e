"""The files and commands that pages of docs/ show, so that tests run what their readers run."""

import re
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```\w+\n(?:#|--) (?P<name>.+)\n(?P<text>[^`]*?)^```$", re.MULTILINE)


def shown(name: str, replaced: dict[str, str], page: str = "deploy.md") -> str:
    """The text of the page's block whose first line is a comment with this name.

    `replaced` says what of it is another thing here: paths, ports, names.

    Raises:
        LookupError: there is no such block, or what is to be replaced is not in it.
    """
    blocks = BLOCK.finditer((DOCS / page).read_text())
    text = {found["name"]: found["text"] for found in blocks}[name]
    for old, new in replaced.items():
        if old not in text:
            raise LookupError(f"{name} no longer holds {old!r}")
        text = text.replace(old, new)
    return text
