"""A text of one line shows all it says."""

import pytest
from django.core.exceptions import ValidationError

from shop.text import is_plain, validate_plain


@pytest.mark.parametrize("text", ["", "Ada", "Zoë Müller-Lüdenscheidt", "王小明", "علي", "👩‍🚀"])
def test_names_of_all_scripts_are_plain(text: str) -> None:
    assert is_plain(text)


@pytest.mark.parametrize(
    "character", ["\n", "\r", "\0", "\x1b", "\x85", "\u2028", "\u202e", "\ud800"]
)
def test_what_hides_or_breaks_is_refused(character: str) -> None:
    with pytest.raises(ValidationError):
        validate_plain(f"Ada{character}Bcc")
