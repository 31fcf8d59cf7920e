"""Every text that customers read is translated, and the compiled catalogues are up to date."""

import shutil
from pathlib import Path

import pytest

from tests import literals, translations

PAGE = '{% load i18n %}<p>{% translate "Good morning" %}</p>'
PLURAL = (
    "{% load i18n %}{% blocktranslate count n=n trimmed %}{{ n }} cup\n"
    "{% plural %}{{ n }} cups{% endblocktranslate %}"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project of one app with one template, translated."""
    (tmp_path / "shop/templates").mkdir(parents=True)
    (tmp_path / "shop/templates/page.html").write_text(PAGE)
    translations.update(tmp_path)
    translate(tmp_path, 'msgid "Good morning"\nmsgstr ""', 'msgstr "Guten Morgen"')
    assert translations.faults(tmp_path) == []
    return tmp_path


def translate(root: Path, entry: str, line: str) -> None:
    """Replace the entry's translation by this line, and compile the catalogue."""
    path = root / "shop" / translations.CATALOGUE
    text = path.read_text()
    assert entry in text
    path.write_text(text.replace(entry, entry.rpartition("msgstr")[0] + line))
    translations.update(root)


def test_every_text_for_customers_is_translated() -> None:
    assert translations.faults() == []


def test_text_without_translation_is_found(shop: Path) -> None:
    (shop / "shop/templates/page.html").write_text(PAGE + '{% translate "Good night" %}')
    assert translations.faults(shop) == [
        "shop: not extracted yet, run make messages: ('', 'Good night')"
    ]

    translations.update(shop)
    assert translations.faults(shop) == ["shop: not translated: ('', 'Good night')"]


def test_uncertain_translation_is_found(shop: Path) -> None:
    path = shop / "shop" / translations.CATALOGUE
    path.write_text(path.read_text().replace('msgid "Good', '#, fuzzy\nmsgid "Good'))

    assert "shop: not translated: ('', 'Good morning')" in translations.faults(shop)


def test_text_that_is_gone_is_found(shop: Path) -> None:
    (shop / "shop/templates/page.html").write_text('{% load i18n %}{% translate "Hello" %}')

    assert any("not in the source any more" in fault for fault in translations.faults(shop))


def test_plural_needs_all_forms_with_their_placeholders(shop: Path) -> None:
    (shop / "shop/templates/page.html").write_text(PLURAL)
    translations.update(shop)
    assert any("not translated" in fault for fault in translations.faults(shop))

    translate(shop, 'msgstr[0] ""', 'msgstr[0] "%(n)s Tasse"')
    translate(shop, 'msgstr[1] ""', 'msgstr[1] "%(m)s Tassen"')
    assert any("placeholders" in fault for fault in translations.faults(shop))


def test_compiled_catalogue_that_is_stale_is_found(shop: Path) -> None:
    path = shop / "shop" / translations.CATALOGUE
    path.write_text(path.read_text().replace("Guten Morgen", "Moin"))
    stale = ["shop: django.mo is not compiled from its source"]
    assert translations.faults(shop) == stale

    path.with_suffix(".mo").unlink()
    assert translations.faults(shop) == stale
    shutil.rmtree(shop / "shop/locale")
    assert translations.faults(shop) == [f"shop has no {translations.CATALOGUE}; run make messages"]


def test_every_text_of_customers_templates_is_marked() -> None:
    found = {
        str(path.relative_to(literals.ROOT)): literals.literals(
            path.read_text(), html=path.suffix == ".html"
        )
        for path in literals.templates()
    }

    assert len(found) > 20
    assert {path: texts for path, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    ("template", "found"),
    [
        ("<p>Good {{ name }} <b>morning</b></p>", ["Good", "morning"]),
        ('<img alt="A cup"><input placeholder="Name" value="x">', ["A cup", "Name"]),
        ('{% include "x.html" with label="Go on" %}', ["Go on"]),
        ('{% include "x.html" with label=_("Go on") %}', []),
        ('{% translate "Good" %} <b title="{% translate \'Day\' %}">1 - 2</b>', []),
        ("{% blocktranslate trimmed %}Good <b>day</b>{% endblocktranslate %}", []),
        ("<pre>curl -s</pre><code>SKU</code><!-- a note -->{# a note #}", []),
    ],
)
def test_text_that_is_not_marked_is_found(template: str, found: list[str]) -> None:
    assert literals.literals(template) == found
