"""Text in customers' templates that is not marked for translation."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
OF_CUSTOMERS = ("shop", "orders", "notifications", "billing")
FOR_STAFF = re.compile(r'{% extends "admin/')
IN_ENGLISH = {
    "shop/problems.html": "for developers, as the API is",
    "billing/order_panel.html": "a part of the order's page in the admin",
    "notifications/order_panel.html": "a part of the order's page in the admin",
    "orders/overview.html": "a part of the order's page in the admin",
    "orders/timeline.html": "a part of the order's page in the admin",
}
"""Templates of customers' apps that stay in English, each with the reason."""

NAMES = re.compile(r"\b(Flower|IBAN|BIC)\b")
"""What is the same in every language."""

MARKED = re.compile(r"{%\s*blocktranslate\b.*?{%\s*endblocktranslate\s*%}", re.DOTALL)
COMMENT = re.compile(r"{%\s*comment\b.*?{%\s*endcomment\s*%}|{#.*?#}", re.DOTALL)
TAG = re.compile(r"{%.*?%}|{{.*?}}", re.DOTALL)
PASSED = re.compile(r"""\b\w+=(["'])(?P<text>[^"']*)\1""")
"""A literal that a tag gives to the template it includes."""

READ = {"alt", "title", "aria-label", "placeholder", "aria-description"}
"""Attributes that are read out or shown."""

SILENT = {"script", "style", "code", "pre", "svg"}


def templates(root: Path = ROOT) -> Iterator[Path]:
    """The templates whose text customers read: pages and mails, not those of staff."""
    for path in sorted(root.glob("*/templates/**/*")):
        app = path.relative_to(root).parts[0]
        name = path.relative_to(root / app / "templates").as_posix()
        if app not in OF_CUSTOMERS or name in IN_ENGLISH or not path.is_file():
            continue
        if not FOR_STAFF.search(path.read_text()):
            yield path


def literals(template: str, *, html: bool = True) -> list[str]:
    """Each unmarked text with a word in it."""
    text = COMMENT.sub("", MARKED.sub("", template))
    passed = [
        found["text"]
        for tag in re.findall(r"{%\s*include\b.*?%}", text)
        for found in PASSED.finditer(tag)
    ]
    reader = _Reader()
    reader.feed(TAG.sub("", text) if html else f"<p>{TAG.sub('', text)}")
    reader.close()
    return [" ".join(one.split()) for one in [*reader.texts, *passed] if _is_text(one)]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.silent: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.texts += [value for name, value in attrs if name in READ and value]
        if tag in SILENT:
            self.silent.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self.silent:
            self.silent.remove(tag)

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.texts.append(data)


def _is_text(text: str) -> bool:
    return re.search(r"[^\W\d_]{2,}", NAMES.sub("", text)) is not None
