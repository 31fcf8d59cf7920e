"""No forbidden word comes back into code, docs and templates."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests import wording
from tests.support.apps import PACKAGES

LIST = wording.RULES.read_text()
WORDS = wording.words(LIST)
ONE = "[debt]\npattern = '(?i:debts?)'\ninstead = \"delivery\"\n"


@pytest.fixture(scope="module")
def ours() -> dict[str, str]:
    return wording.texts(wording.ROOT)


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[str, str], dict[str, str]]:
    """Write one file of a project without other files, and read that project."""

    def plant(name: str, text: str) -> dict[str, str]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
        return wording.texts(tmp_path)

    return plant


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_word_is_found_only_where_it_is_left(word: wording.Word, ours: dict[str, str]) -> None:
    assert wording.faults(word, ours) == []
    assert wording.not_needed(word, ours) == []


def test_wording_reads_every_package(ours: dict[str, str]) -> None:
    assert set(PACKAGES) <= {path.partition("/")[0] for path in ours}
    assert {"README.md", "Makefile", "docs/decisions/README.md"} <= set(ours)


# One per word of the list, as it stood in this project.
SAMPLES = {
    "fact": ["class CountedFact(models.Model):", "_FACTS = ()", "a fact of the shop"],
    "owe": ["routing.owe(events)", "outcome.not_owed += 1", "it is OWED", "a debt"],
    "room": ["for room in ROOMS:", "the rooms side by side"],
    "roof": ["Only the bus and the roof"],
    "door": ["DOORS = (", "by its front door", "Redis is a doorbell"],
    "house": ["The rules of the house"],
    "hushed": ["hushed = True", "take quietly"],
    "outside": ["@subscribe(OrderPlaced, outside=True)", "an outside reaction", "handler.outside"],
    "visible": ["visible=False"],
    "reaction": ["class Reaction:", "every reaction"],
    "put_back": ["def put_back(ids):", "hand it back"],
    "send_alone": ["send_alone(ids)"],
    "unsend": ["def unsend(ids):"],
    "crumbs": ["go out in crumbs"],
    "company": ["wait for company"],
    "patience": ["PATIENCE = 60", "patiently(write)", "patient=False"],
    "home": ["it does not come home", "wait_until_home(keep)"],
    "hear": ["the worker hears of it", "settings are heard"],
    "nobody": ["Nobody reads it", "somebody else"],
    "know": ["the relay knows which"],
    "ask": ["it asks whether a lane is free", "is_asked_for = 1"],
    "stated": ["the event is stated", "the row states its event"],
}


def test_every_listed_word_has_samples() -> None:
    assert set(SAMPLES) == {word.name for word in WORDS}


@pytest.mark.parametrize("word", WORDS, ids=lambda word: word.name)
def test_planted_word_is_reported(
    word: wording.Word, planted: Callable[[str, str], dict[str, str]]
) -> None:
    word = replace(word, left={})

    for sample in SAMPLES[word.name]:
        found = wording.faults(word, planted("shop/checkout.py", f"x = 1\n{sample}\n"))

        assert found[0].startswith("shop/checkout.py:2: '"), sample
        assert word.instead in found[0]


@pytest.mark.parametrize(
    "text",
    [
        "the warehouse", "make room for one more", "unknown", "borrowed", "factory", "artefact",
        "in the background", "HOME=/root", "--home-dir", "room: float", "fact_check",
        "input(visible)", "homepage",
    ],
)  # fmt: skip
def test_other_words_are_not_reported(
    text: str, planted: Callable[[str, str], dict[str, str]]
) -> None:
    texts = planted("shop/checkout.py", text)

    assert [hit for word in WORDS for hit in wording.hits(word, texts)] == []


@pytest.mark.parametrize(
    "name",
    [
        "docs/a.md",
        "shop/templates/shop/a.html",
        "shop/static/a.js",
        "a.yml",
        "Makefile",
        "bus/a.py",
    ],
)
def test_wording_reads_every_kind_of_file(
    name: str, planted: Callable[[str, str], dict[str, str]]
) -> None:
    (word,) = wording.words(ONE)

    assert wording.faults(word, planted(name, "a debt")) == [f"{name}:1: 'debt'; write: delivery"]


def test_wording_reads_names_of_files(planted: Callable[[str, str], dict[str, str]]) -> None:
    (word,) = wording.words(ONE)

    assert wording.faults(word, planted("bus/debts.py", "")) == [
        "bus/debts.py:0: 'debts'; write: delivery"
    ]


def test_wording_skips_migrations(planted: Callable[[str, str], dict[str, str]]) -> None:
    assert planted("bus/migrations/0001_debts.py", "a debt") == {}


def test_left_over_words_are_counted_by_longest_path(
    planted: Callable[[str, str], dict[str, str]],
) -> None:
    (word,) = wording.words(f'{ONE}left = {{ "bus" = 1, "bus/relay" = 1 }}\n')
    planted("bus/a.py", "a debt")
    texts = planted("bus/relay/a.py", "a debt")

    assert wording.faults(word, texts) == []

    texts = planted("bus/relay/a.py", "a debt, a debt")
    assert wording.faults(word, texts) == [
        "bus/relay: 2 times 'debt', 1 are left over from before; write: delivery"
    ]


def test_entry_for_clean_path_is_reported(
    planted: Callable[[str, str], dict[str, str]],
) -> None:
    (word,) = wording.words(f'{ONE}left = {{ "bus" = 2 }}\n')

    assert wording.not_needed(word, planted("bus/a.py", "a debt, a debt")) == []
    for text, left in (("a debt", 1), ("clean", 0)):
        assert wording.not_needed(word, planted("bus/a.py", text)) == [
            f"bus: 2 times 'debt' are allowed, {left} are left; run python -m tests.wording --lower"
        ]


def test_list_is_lowered_and_never_raised(
    planted: Callable[[str, str], dict[str, str]],
) -> None:
    planted("bus/a.py", "a debt")
    planted("docs/a.md", "a debt, a debt")
    texts = planted("shop/a.py", "clean")
    other = '\n[other]\npattern = "x"\ninstead = "y"\n'
    before = f'{ONE}left = {{ "bus" = 3, "docs" = 1, "shop" = 1 }}\n{other}'

    after = wording.lowered(before, texts)

    assert after == before.replace(
        '{ "bus" = 3, "docs" = 1, "shop" = 1 }', '{ "bus" = 1, "docs" = 1 }'
    )
