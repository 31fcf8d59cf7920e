"""Redaction of errors: no personal data in logs and in the ledger.

Databases repeat rows and statements in the texts of their errors, mail servers repeat addresses,
and Python repeats the value that it could not read. So a log gets the kinds of errors and their
places; the ledger gets their texts too, without the event's personal data.
"""

import html
import json
import linecache
import re
import traceback
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unicodedata import normalize
from urllib.parse import quote, quote_plus

from django.db import Error as DatabaseError
from django.db import IntegrityError, OperationalError

CAUSED = "\nThe above exception was the direct cause of the following exception:\n\n"
DURING = "\nDuring handling of the above exception, another exception occurred:\n\n"

DETAIL = re.compile(r"(\n|\\n)(DETAIL|HINT|CONTEXT|QUERY|STATEMENT|LINE \d+):.*", re.DOTALL)
"""The lines in which PostgreSQL repeats rows and statements, in a text or in its repr."""

ADDRESS = re.compile(
    r"""("[^"\n]{1,64}"|[\w.!#$%&'+=?^`{|}~-]{1,64})(@|%40)[\w-]{1,63}(\.[\w-]{1,63})+""",
)
"""With the lengths of RFC 5321, 4.5.3.1, and RFC 1035, 2.3.4: without bounds the time would grow
with the square of a long line of letters, which any client can put into a request's path."""

SHORT = 4
"""Characters; a shorter value is redacted only as a word of its own."""

SHORTEST_WORD = 3
"""Characters of a word of a name or an address that is redacted by itself."""


def kinds(error: BaseException) -> str:
    """The traceback with the kinds of the errors instead of their texts."""
    return _traceback(error, kind)


def texts(error: BaseException, personal: Iterable[Any]) -> str:
    """The traceback with the texts of the errors, without the personal values in any spelling.

    A word of the statement that raised one of these errors is the program's own and stays, even if
    it is also a person's name: "The mail server refused it" contains no personal data.
    """
    known = _pattern(personal)
    own = {word for one in chain(error) for word in _words_of_the_program(one)}

    def hidden(match: re.Match[str]) -> str:
        found, text = match[0], match.string
        before = re.search(r"\w*$", text[: match.start()])
        after = re.match(r"\w*", text[match.end() :])
        word = f"{before[0] if before else ''}{found}{after[0] if after else ''}"
        return found if word.casefold() in own else "[personal]"

    def told(one: BaseException) -> str:
        text = discreet(_first_line(one) if _of_database(one) else str(one))
        return f"{class_path(one)}: {known.sub(hidden, text) if known else text}"

    return _traceback(error, told)


def _words_of_the_program(error: BaseException) -> Iterator[str]:
    """The words of the source of the statement that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return
    last = frames[-1]
    for number in range(last.lineno or 0, (last.end_lineno or last.lineno or 0) + 1):
        yield from re.findall(r"\w+", linecache.getline(last.filename, number).casefold())


def discreet(text: str) -> str:
    """The text without e-mail addresses and without rows and statements of a database."""
    return ADDRESS.sub("[address]", DETAIL.sub("", text))


def _traceback(error: BaseException, tell: Callable[[BaseException], str]) -> str:
    parts: list[str] = []
    for one in chain(error):
        frames = "".join(traceback.format_tb(one.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{frames}{tell(one)}\n")
        parts.append(CAUSED if one.__cause__ is not None else DURING)
    return "".join(reversed(parts[:-1]))


def chain(error: BaseException) -> Iterator[BaseException]:
    """The error and those that it was raised from or during."""
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)


def class_path(error: BaseException) -> str:
    """The path of the error's class; of a built-in one its name."""
    kind = type(error)
    within = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"{within}{kind.__qualname__}"


def kind(error: BaseException) -> str:
    """The kind of the error, with as much of its text as has no personal data."""
    if isinstance(error, (IntegrityError, OperationalError)):
        return (
            f"{class_path(error)}: {discreet(_first_line(error))}"  # a constraint, a lock, a host
        )
    if isinstance(error, OSError) and error.strerror:
        return f"{class_path(error)}: {error.strerror}"
    return class_path(error)


def _of_database(error: BaseException) -> bool:
    return isinstance(error, DatabaseError) or hasattr(error, "diag")


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]


def _pattern(personal: Iterable[Any]) -> re.Pattern[str] | None:
    forms = {form for value in personal for text in _values(value) for form in _forms(text)}
    if not forms:
        return None
    alternatives = [
        re.escape(form) if len(form) >= SHORT else rf"(?<!\w){re.escape(form)}(?!\w)"
        for form in sorted(forms, key=len, reverse=True)
    ]
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _values(value: Any) -> Iterator[str]:
    """Every text in it, and its words of at least `SHORTEST_WORD` characters."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _values(inner)
    elif isinstance(value, str) and value.strip():
        yield value.strip()
        yield from (word for word in re.split(r"[\s@]+", value) if len(word) >= SHORTEST_WORD)


def _forms(text: str) -> Iterator[str]:
    """The spellings of a text in an error: quoted by Python, in JSON, HTML or an address."""
    for same in (text, normalize("NFC", text), normalize("NFD", text)):
        octets = same.encode(errors="backslashreplace")
        yield from (same, repr(same)[1:-1], ascii(same)[1:-1], json.dumps(same)[1:-1])
        yield repr(octets)[2:-1]
        yield from (html.escape(same), quote(same, safe=""), quote_plus(same))
    try:
        yield text.encode("idna").decode()
    except UnicodeError:
        return
