"""Text is made to fit, and to be harmless."""

import pytest

from billing.pdf.text import clean, fitting_size, font, width, wrap


def test_control_and_direction_characters_are_taken_out():
    assert clean("a\x00b\r\nc\u202e\u200bd\ud800 \x7f") == "a b cd"


def test_letters_and_their_accents_become_one():
    assert clean("Jose\u0301") == "José"


@pytest.mark.parametrize("text", ["Königsallee €5 œuvre", "Añadir"])
def test_western_text_needs_no_embedded_font(text):
    assert font(text) == "Helvetica"


@pytest.mark.parametrize("text", ["Łódź", "Ψυχή", "Щербаков"])
def test_other_scripts_get_a_font_that_has_them(text):
    assert font(text) == "NotoSans"


def test_lines_are_no_wider_than_their_room_and_keep_every_letter():
    text = "Donaudampfschifffahrtsgesellschaftskapitän und KETTLE-GOOSE-1L-STAINLESS-STEEL"

    lines = wrap(text, 80, 9)

    assert all(width(line, 9) <= 80 for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_a_long_sku_breaks_after_a_hyphen():
    assert wrap("KETTLE-GOOSE-1L", 60, 9) == ["KETTLE-", "GOOSE-1L"]


def test_a_wide_amount_is_set_smaller():
    size = fitting_size("99,999,999,999.99", 50, 9)

    assert width("99,999,999,999.99", size) <= 50.001
