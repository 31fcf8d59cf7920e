"""The forms of a page, filled in as a browser would send them."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from django.test import Client

LOG_OUT = "logout-form"
"""It stands on every page of the admin."""

Fields = dict[str, list[str]]


@dataclass
class Form:
    """One form of a page: where it goes, and what it sends if nothing is changed."""

    method: str
    action: str
    id: str = ""
    fields: Fields = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)

    def filled(self, **values: Any) -> dict[str, Any]:
        return {**self.fields, **values}


class _Reader(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select: tuple[str, bool, list[str], list[str]] | None = None
        self._text: tuple[str, list[str]] | None = None
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            method = said.get("method", "get").lower()
            self._open = Form(method, said.get("action", ""), said.get("id", ""))
            self.forms.append(self._open)
        if self._open is None or "disabled" in said:
            return
        name, value = said.get("name", ""), said.get("value", "")
        if tag == "button" or (tag == "input" and said.get("type") in ("submit", "button")):
            self._open.buttons.append((name, value))
        elif tag == "input" and name:
            checkable = said.get("type") in ("checkbox", "radio")
            if not checkable or "checked" in said:
                self._add(name, said.get("value", "on") if checkable else value)
        elif tag == "select" and name:
            self._select = (name, "multiple" in said, [], [])
        elif tag == "option" and self._select:
            self._select[3].append(value)
            if "selected" in said:
                self._select[2].append(value)
        elif tag == "textarea" and name:
            self._text = (name, [])

    def handle_data(self, data: str) -> None:
        if self._text:
            self._text[1].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select" and self._select:
            name, multiple, chosen, options = self._select
            for value in chosen or ([] if multiple else options[:1]):
                self._add(name, value)
            self._select = None
        elif tag == "textarea" and self._text:
            # The first line break after the tag is not part of the text.
            self._add(self._text[0], "".join(self._text[1]).removeprefix("\n"))
            self._text = None

    def _add(self, name: str, value: str) -> None:
        assert self._open is not None
        self._open.fields.setdefault(name, []).append(value)


def forms(page: str) -> list[Form]:
    """All forms of a page, in their order."""
    return _Reader(page).forms


def posting(browser: Client, address: str, *having: str) -> Form:
    """The form at that address that posts and has these fields."""
    answer = browser.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    found = [
        one
        for one in forms(answer.content.decode())
        if one.method == "post" and one.id != LOG_OUT and all(name in one.fields for name in having)
    ]
    assert found, f"no form at {address} posts {having}"
    return found[0]
