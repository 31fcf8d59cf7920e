"""Text is made to fit, and to be harmless."""

import unicodedata

import pytest

from shop.pdf.shaping import JOINERS
from shop.pdf.text import clean, fitting_size, width, wrap


def test_control_and_direction_characters_are_removed() -> None:
    assert clean("a\x00b\r\nc\u202e\u200bd \x7f") == "a b cd"


def test_joiners_and_characters_without_font_are_kept() -> None:
    assert clean("a\ue000\u200db\u200cc\ufffe") == "a\ue000\u200db\u200cc\ufffe"


def test_letters_and_accents_are_composed() -> None:
    assert clean("Jose\u0301") == "José"


def test_wrapped_lines_fit_their_width_and_keep_every_letter() -> None:
    text = "Donaudampfschifffahrtsgesellschaftskapitän und KETTLE-GOOSE-1L-STAINLESS-STEEL"

    lines = wrap(text, 80, 9)

    assert all(width(line, 9) <= 80 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_long_sku_breaks_after_hyphen() -> None:
    assert wrap("KETTLE-GOOSE-1L", 60, 9) == ["KETTLE-", "GOOSE-1L"]


@pytest.mark.parametrize("word", ["e\u0301q\u0303" * 20, "क्षत्रि" * 20, "👩\u200d🚀" * 9])
def test_long_word_is_never_broken_inside_letter(word: str) -> None:
    lines = wrap(word, 40, 9)

    assert len(lines) > 1
    for line in lines:
        assert unicodedata.category(line[0])[0] != "M"
        assert line[0] not in JOINERS
        assert line[-1] not in (*JOINERS, "\u094d")


def test_wide_amount_is_set_in_smaller_type() -> None:
    size = fitting_size("99,999,999,999.99", 50, 9)

    assert width("99,999,999,999.99", size) <= 50.001
