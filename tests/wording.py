"""Words that the project does not use, and what to write instead. `wording.toml` lists them.

`python -m tests.wording` prints what is left; with `--lower` it lowers the list to that.
"""

import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.apps import PACKAGES

ROOT = Path(__file__).parents[1]
RULES = Path(__file__).with_suffix(".toml")
FOLDERS = (*PACKAGES, "docs")
KINDS = {".py", ".md", ".html", ".txt", ".js", ".css", ".yml", ".toml"}
AT_THE_TOP = ("Makefile", "Procfile", "Dockerfile", ".env.example")
LEFT_OUT = {"CHANGELOG.md", "tests/wording.py", "tests/wording.toml", "tests/test_wording.py"}
"""What names the words: as names of the past, as patterns, as samples."""


@dataclass(frozen=True)
class Word:
    """`pattern` finds it; it may stand so many times below each path in `left`, nowhere else."""

    name: str
    pattern: re.Pattern[str]
    instead: str
    left: dict[str, int] = field(default_factory=dict)

    def allowed_by(self, path: str) -> str:
        """The longest path in `left` that `path` is or is below; "" if there is none."""
        above = [one for one in self.left if path == one or path.startswith(f"{one}/")]
        return max(above, key=len, default="")


@dataclass(frozen=True)
class Hit:
    path: str
    line: int
    text: str


def words(toml: str) -> list[Word]:
    """The words of a list. Case counts; an underscore or a digit ends a word, as a space does.

    Raises:
        re.error: a pattern cannot be compiled.
    """
    return [
        Word(
            name,
            re.compile(rf"(?<![A-Za-z])(?:{entry['pattern']})(?![A-Za-z])"),
            entry["instead"],
            entry.get("left", {}),
        )
        for name, entry in tomllib.loads(toml).items()
    ]


def texts(root: Path) -> dict[str, str]:
    """Code, docs and templates by path. Migrations keep the words of their time."""
    result = {}
    found = [*root.glob("*"), *(path for name in FOLDERS for path in (root / name).rglob("*"))]
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        wanted = path.suffix in KINDS or name in AT_THE_TOP
        if wanted and path.is_file() and name not in LEFT_OUT and "migrations" not in path.parts:
            result[name] = path.read_text()
    return result


def hits(word: Word, texts: Mapping[str, str]) -> Iterator[Hit]:
    """Where the word stands: in names of files (line 0) and in their lines."""
    for path, text in texts.items():
        for number, line in enumerate([path, *text.splitlines()]):
            for match in word.pattern.finditer(line):
                yield Hit(path, number, match[0])


def counts(word: Word, texts: Mapping[str, str]) -> Counter[str]:
    """How often the word stands below each path of `left`; elsewhere counts as ""."""
    return Counter(word.allowed_by(hit.path) for hit in hits(word, texts))


def faults(word: Word, texts: Mapping[str, str]) -> list[str]:
    """Hits beyond what is left. An empty list is good."""
    found = defaultdict(list)
    for hit in hits(word, texts):
        found[word.allowed_by(hit.path)].append(hit)
    report = []
    for above, some in found.items():
        if not above:
            report += [
                f"{hit.path}:{hit.line}: '{hit.text}'; write: {word.instead}" for hit in some
            ]
        elif len(some) > word.left[above]:
            report.append(
                f"{above}: {len(some)} times '{word.name}', {word.left[above]} are left over "
                f"from before; write: {word.instead}"
            )
    return report


def not_needed(word: Word, texts: Mapping[str, str]) -> list[str]:
    """Entries of `left` that are larger than what is found. An empty list is good."""
    found = counts(word, texts)
    return [
        f"{path}: {number} times '{word.name}' are allowed, {found[path]} are left; "
        "run python -m tests.wording --lower"
        for path, number in word.left.items()
        if found[path] < number
    ]


def lowered(toml: str, texts: Mapping[str, str]) -> str:
    """The list with each number in `left` lowered to what is found, without those at zero."""
    for word in words(toml):
        now = counts(word, texts)
        kept = {path: min(n, now[path]) for path, n in word.left.items() if now[path]}
        table = ", ".join(f'"{path}" = {n}' for path, n in kept.items())
        line = f"left = {{ {table} }}\n" if kept else ""
        section = re.compile(rf"(\[{re.escape(word.name)}\]\n(?:(?!\[|left).*\n)*)(?:left = .*\n)?")
        toml = section.sub(lambda found, line=line: found[1] + line, toml, count=1)
    return toml


if __name__ == "__main__":
    everything = texts(ROOT)
    if "--lower" in sys.argv:
        RULES.write_text(lowered(RULES.read_text(), everything))
    for one in words(RULES.read_text()):
        print(f"{one.name}: {dict(counts(one, everything))}")
