"""Every decision says its status and date, and stands in the index."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"
FILES = sorted(FOLDER.glob("[0-9]*.md"))
TITLE = re.compile(r"# (\d+)\. (.+)")
STATUS = re.compile(
    r"\*\*Status\.\*\* (Accepted, \d{4}-\d\d-\d\d|Superseded by \[\d+\]\([\w.-]+\))"
)


def test_index_lists_each_decision_with_its_title_and_status() -> None:
    expected = []
    for file in FILES:
        title, _, status, *_ = file.read_text().splitlines()
        heading, state = TITLE.fullmatch(title), STATUS.match(status)
        assert heading, f"{file.name}: the first line is no '# NUMBER. TITLE'"
        assert state, f"{file.name}: the third line is no '**Status.** Accepted, YYYY-MM-DD.'"
        assert file.name.startswith(f"{int(heading[1]):04}-")
        expected.append(f"| {heading[1]} | [{heading[2]}]({file.name}) | {state[1]} |")

    index = (FOLDER / "README.md").read_text().splitlines()

    assert [line for line in index if re.match(r"\| \d", line)] == expected


def test_links_between_decisions_lead_to_a_decision() -> None:
    names = {file.name for file in FILES}
    linked = {
        name for file in FILES for name in re.findall(r"\]\((\d{4}-[\w.-]+)\)", file.read_text())
    }

    assert linked <= names
