"""Checks for one line of plain text: no control characters, something to be seen. Folding."""

import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

FORBIDDEN_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
"""Control characters, halves of surrogate pairs, line and paragraph separators (Unicode)."""

DIRECTION_CHANGES = set(map(chr, [*range(0x202A, 0x202F), *range(0x2066, 0x206A)]))
"""With them a text can look like another one (Unicode Technical Report 36)."""

INVISIBLE = {"Cf", "Mn", "Zs"} | FORBIDDEN_CATEGORIES
BLANK_LETTERS = {"\u115f", "\u1160", "\u3164", "\uffa0", "\u2800"}
"""Fillers of Hangul and the empty Braille pattern: letters and symbols that show nothing."""

REFUSAL = _("Line breaks and control characters are not allowed here.")
UNSEEN = _("Nothing of this text can be seen.")


def is_plain(text: str) -> bool:
    """Whether the text is one line without control characters and changes of direction."""
    return not any(
        unicodedata.category(character) in FORBIDDEN_CATEGORIES or character in DIRECTION_CHANGES
        for character in text
    )


def is_visible(text: str) -> bool:
    """Whether the text shows anything: a name of zero-width characters prints an empty line."""
    return any(
        unicodedata.category(character) not in INVISIBLE and character not in BLANK_LETTERS
        for character in text
    )


def validate_plain(text: str) -> None:
    """For model fields and forms.

    Raises:
        ValidationError: where `is_plain` says no, or the text is there and not visible.
    """
    if not is_plain(text):
        raise ValidationError(REFUSAL)
    if text.strip() and not is_visible(text):
        raise ValidationError(UNSEEN)


def folded(text: str) -> str:
    """The text without case and accents, for comparing: `Käse` and `KASE` become `kase`.

    The databases fold differently: SQLite only ASCII, PostgreSQL as its locale says.
    """
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in letters if not unicodedata.combining(one)).casefold()
