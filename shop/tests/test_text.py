"""A text of one line shows all it says."""

import pytest
from django.core.exceptions import ValidationError
from rest_framework import serializers

from shop.fields import PlainTextField
from shop.text import is_plain, validate_plain


@pytest.mark.parametrize("text", ["", "Ada", "Zoë Müller-Lüdenscheidt", "王小明", "علي", "👩‍🚀"])
def test_names_of_all_scripts_are_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "text",
    ["\u200b", "\u200d\u200c", "\u2060 \u00ad", "\u3164", "\u2800\u2800", "\ufe0f", "\u0301"],
)
def test_invisible_text_is_refused(text: str) -> None:
    with pytest.raises(ValidationError, match="can be seen"):
        validate_plain(text)
    with pytest.raises(serializers.ValidationError, match="can be seen"):
        PlainTextField().run_validation(text)


@pytest.mark.parametrize("text", ["", "  ", "\u05d0\u05bc", "\u0e19\u0e33", "7", "-"])
def test_visible_or_blank_text_is_left_to_its_field(text: str) -> None:
    validate_plain(text)


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_hidden_and_line_breaking_characters_are_refused(character: str) -> None:
    with pytest.raises(ValidationError):
        validate_plain(f"Ada{character}Bcc")
