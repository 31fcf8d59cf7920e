"""Every decision has its date, status and sections, and stands in the index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[1] / "docs" / "decisions"
FILES = sorted(FOLDER.glob("[0-9]*.md"))
LINK = r"\[\d+\]\([\w.-]+\)"
HEAD = re.compile(
    r"# (?P<number>\d+)\. (?P<title>[^\n]+)\n\n"
    rf"Date: (?P<date>\d{{4}}-\d\d-\d\d)\. "
    rf"Status: (?P<status>accepted(; supersedes {LINK})?|superseded by {LINK})\.\n\n"
)
SECTIONS = ["Context", "Decision", "Consequences", "Rejected"]
LONGEST_TITLE = 90


def faults(text: str, name: str) -> list[str]:
    """What a decision lacks, as sentences that say the form. An empty list is good."""
    head = HEAD.match(text)
    if not head:
        return [
            f"{name}: begin with '# NUMBER. TITLE', a blank line and "
            "'Date: YYYY-MM-DD. Status: accepted.' (or 'superseded by [N](FILE)')"
        ]
    found = []
    if not name.startswith(f"{int(head['number']):04}-"):
        found.append(f"{name}: the title has number {head['number']}")
    if len(head["title"]) > LONGEST_TITLE:
        found.append(f"{name}: the title has {len(head['title'])} of {LONGEST_TITLE} characters")
    parts = re.split(r"^## (.+)$", text[head.end() :], flags=re.MULTILINE)
    if parts[1::2] != SECTIONS:
        found.append(f"{name}: has sections {parts[1::2]}; it needs {SECTIONS}")
    empty = [
        title for title, body in zip(parts[1::2], parts[2::2], strict=True) if not body.strip()
    ]
    return found + [f"{name}: section {title} is empty" for title in empty]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem[:4])
def test_decision_has_date_status_and_sections(file: Path) -> None:
    assert faults(file.read_text(), file.name) == []


GOOD = "# 7. A title\n\nDate: 2026-11-24. Status: accepted.\n\n" + "\n".join(
    f"## {title}\n\nText.\n" for title in SECTIONS
)


@pytest.mark.parametrize(
    ("good", "bad", "said"),
    [
        ("Date: 2026-11-24. ", "", "begin with"),
        ("Status: accepted", "Status: perhaps", "begin with"),
        ("# 7.", "# 8.", "the title has number 8"),
        ("A title", "A title " * 12, "of 90 characters"),
        ("## Rejected", "## Refused", "it needs"),
        ("## Context\n\nText.", "## Context\n", "section Context is empty"),
    ],
)
def test_faulty_decision_is_reported(good: str, bad: str, said: str) -> None:
    assert faults(GOOD, "0007-a.md") == []

    (fault,) = faults(GOOD.replace(good, bad), "0007-a.md")

    assert said in fault


def test_numbers_are_unique() -> None:
    numbers = [file.name[:4] for file in FILES]

    assert len(numbers) == len(set(numbers))


def test_index_lists_each_decision_with_title_date_and_status() -> None:
    heads = [(file.name, HEAD.match(file.read_text())) for file in FILES]
    expected = [
        f"| {h['number']} | [{h['title']}]({name}) | {h['date']} | {h['status']} |"
        for name, h in heads
        if h
    ]

    index = (FOLDER / "README.md").read_text().splitlines()

    assert [line for line in index if re.match(r"\| \d", line)] == expected


def test_superseded_decision_and_its_successor_name_each_other() -> None:
    texts = {file.name: file.read_text() for file in FILES}
    named = {
        (name, other)
        for name, text in texts.items()
        for other in re.findall(r"superse\w+ (?:by )?\[\d+\]\(([\w.-]+)\)", text.split("\n## ")[0])
    }

    assert named == {(other, name) for name, other in named}


def test_links_to_decisions_lead_to_a_decision() -> None:
    names = {file.name for file in FILES}
    pages = [*FOLDER.parents[1].glob("*.md"), *FOLDER.parent.rglob("*.md")]
    linked = {
        (page.name, name)
        for page in pages
        for name in re.findall(r"(?:decisions/|\]\()(\d{4}-[\w.-]+\.md)\b", page.read_text())
    }

    assert {(page, name) for page, name in linked if name not in names} == set()
