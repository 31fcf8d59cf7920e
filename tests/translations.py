"""The catalogues of translations: extracted from the source, and compiled. `make messages` runs it.

Babel does what gettext's programs do, so that neither a developer nor a server needs those.
"""

import re
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract, extract_python
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from tests.support.apps import PACKAGES

ROOT = Path(__file__).resolve().parent.parent
LANGUAGE = "de"
CATALOGUE = Path("locale") / LANGUAGE / "LC_MESSAGES" / "django.po"
KEYWORDS = DEFAULT_KEYWORDS | {
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
WRITTEN = datetime(2026, 11, 30, tzinfo=UTC)
"""In every catalogue: a date of today would be one more conflict between two changes."""

SKIPPED = {"tests", "migrations", "static", "locale", "__pycache__"}


def catalogues(root: Path = ROOT) -> dict[str, Catalog]:
    """What each app has marked for translation; apps without any are left out."""
    found = {app: _extracted(root, app) for app in PACKAGES}
    return {app: catalogue for app, catalogue in found.items() if len(catalogue)}


def read(path: Path) -> Catalog:
    """A catalogue in the form that people edit."""
    with path.open("rb") as file:
        return read_po(file, locale=LANGUAGE)


def faults(root: Path = ROOT) -> list[str]:
    """What keeps a text from being shown in German, as one line for each."""
    found = []
    # Django makes one catalogue of all.
    texts: dict[Any, Any] = {}
    for app, marked in catalogues(root).items():
        path = root / app / CATALOGUE
        if not path.is_file():
            found.append(f"{app} has no {CATALOGUE}; run make messages")
            continue
        written = read(path)
        found += [f"{app}: {what}" for what in _differences(marked, written)]
        if _texts(written) != _texts(_compiled(path)):
            found.append(f"{app}: {path.with_suffix('.mo').name} is not compiled from its source")
        for key, text in _texts(written).items():
            if texts.setdefault(key, text) != text:
                found.append(f"{app}: another app has another translation: {key}")
    return found


def update(root: Path = ROOT) -> None:
    """Write each app's marked texts to its catalogue, keep translations, and compile it."""
    for app, marked in catalogues(root).items():
        path = root / app / CATALOGUE
        path.parent.mkdir(parents=True, exist_ok=True)
        written = read(path) if path.is_file() else _empty()
        written.update(marked, no_fuzzy_matching=True, update_creation_date=False)
        with path.open("wb") as file:
            write_po(file, written, width=100, no_location=True, ignore_obsolete=True)
        with path.with_suffix(".mo").open("wb") as file:
            write_mo(file, written)


def from_template(file: Any, keywords: Any, tags: Any, options: Any) -> Iterator[Any]:
    """Babel's extractor for Django's templates, which Django turns into calls of gettext."""
    calls = templatize(file.read().decode())
    # What is around them is no Python; without its indentation it can be read as words.
    flat = "\n".join(line.lstrip() for line in calls.splitlines())
    yield from extract_python(BytesIO(flat.encode()), keywords, tags, options)


def _extracted(root: Path, app: str) -> Catalog:
    catalogue = _empty()
    for path in sorted((root / app).rglob("*")):
        parts = path.relative_to(root).parts
        if SKIPPED.intersection(parts) or path.suffix not in (".py", ".html", ".txt"):
            continue
        method = "python" if path.suffix == ".py" else from_template
        with path.open("rb") as file:
            for _line, text, comments, context in extract(method, file, KEYWORDS, ["Translators"]):
                catalogue.add(text, auto_comments=comments, context=context)
    return catalogue


def _empty() -> Catalog:
    return Catalog(
        locale=LANGUAGE,
        header_comment="# Texts for customers, in German.",
        project="shop",
        version="1",
        msgid_bugs_address="none",
        last_translator="The contributors",
        language_team="German",
        creation_date=WRITTEN,
        revision_date=WRITTEN,
        charset="utf-8",
        fuzzy=False,
    )


def _differences(marked: Catalog, written: Catalog) -> Iterator[str]:
    wanted, there = _messages(marked), _messages(written)
    for key in wanted.keys() - there.keys():
        yield f"not extracted yet, run make messages: {key}"
    for key in there.keys() - wanted.keys():
        yield f"not in the source any more, run make messages: {key}"
    for key in wanted.keys() & there.keys():
        message = there[key]
        if message.fuzzy or not all(_strings(message)):
            yield f"not translated: {key}"
            continue
        for error in message.check(written):
            yield f"{error}: {key}"
        if _placeholders(key[1]) != set().union(*map(_placeholders, _strings(message))):
            yield f"other placeholders than the English text: {key}"


def _messages(catalogue: Catalog) -> dict[tuple[str, Any], Any]:
    return {(one.context or "", _whole(one.id)): one for one in catalogue if one.id}


def _texts(catalogue: Catalog) -> dict[tuple[str, Any], Any]:
    found = {key: _whole(one.string) for key, one in _messages(catalogue).items()}
    return {key: text for key, text in found.items() if any(text)}


def _whole(text: Any) -> Any:
    return tuple(text) if isinstance(text, list) else text


def _strings(message: Any) -> tuple[str, ...]:
    whole = _whole(message.string)
    return whole if isinstance(whole, tuple) else (whole,)


def _placeholders(text: str | tuple[str, ...]) -> set[str]:
    whole = text if isinstance(text, str) else " ".join(text)
    return set(re.findall(r"%\(\w+\)[sd]|\{\w*\}|%[sd]", whole))


def _compiled(path: Path) -> Catalog:
    compiled = path.with_suffix(".mo")
    if not compiled.is_file():
        return _empty()
    with compiled.open("rb") as file:
        return read_mo(file)


if __name__ == "__main__":
    update()
    sys.exit("\n".join(faults()))
