"""Typed settings from the environment and the settings file.

Every invalid value raises ImproperlyConfigured, with one sentence: setting, value (never that of a
secret), way out. An empty variable counts as not set, except for an `optional` text and a sample
that `may_be_empty`: there it means none. A secret may also be in a file that NAME_FILE names.
"""

import builtins
import os
import unicodedata
from difflib import get_close_matches
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from dotenv.parser import parse_stream

YES = ("1", "true", "yes", "on")
NO = ("0", "false", "no", "off")
QUOTES = "'\""

Text = builtins.str  # inside the class, `str` is the method


class Environment:
    """Reads settings, and records their names and which of them are still samples."""

    def __init__(self, folder: Path) -> None:
        """Relative paths start at `folder`, not at the current directory."""
        self.names: set[Text] = set()
        self.secrets: set[Text] = set()
        """Names of the settings that may be in a file, each without its _FILE."""
        self.samples: list[Text] = []
        """Names of the settings whose value is the sample, in the order they were read."""
        self._folder = folder
        self._of_file: dict[Text, Text] = {}

    def read_file(self, file: Path, *, named_by: Text = "") -> None:
        """Read a `.env` file for settings that the environment does not have.

        A missing file is ignored, unless `named_by` is the setting that names it.

        Raises:
            ImproperlyConfigured: the file or one of its lines cannot be read.
        """
        if not named_by and not file.exists():
            return
        try:
            with file.open(encoding="utf-8-sig") as lines:
                bindings = list(parse_stream(lines))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise ImproperlyConfigured(
                f"{named_by or 'The settings file'} {file} cannot be read ({reason}); "
                "name a file with lines like PORT=8000, or leave ENV_FILE empty."
            ) from None
        for binding in bindings:
            if binding.error or (binding.key is not None and binding.value is None):
                raise ImproperlyConfigured(
                    f"Line {binding.original.line} of {file} cannot be read; write it as "
                    "NAME=value, or NAME='value' where the value holds spaces, quotes, # or $."
                )
        self._of_file = {binding.key: binding.value or "" for binding in bindings if binding.key}

    def refuse_misspelled(self) -> None:
        """Refuse a name in the file that is close to a setting's: it would have no effect.

        Raises:
            ImproperlyConfigured: with the name that is probably meant.
        """
        for name in sorted(self.others()):
            if near := get_close_matches(name, self.names, n=1, cutoff=0.85):
                raise ImproperlyConfigured(
                    f"{name} is no setting of the shop; write {near[0]}, or remove the line."
                )

    def others(self) -> dict[Text, Text]:
        """The variables of the file that are no settings of the shop, once those are all read."""
        return {name: text for name, text in self._of_file.items() if name not in self.names}

    # --- The types ---

    def str(self, name: Text, default: Text = "") -> Text:
        return self._value(name) or default

    def secret(self, name: Text, default: Text = "") -> Text:
        """A text whose value appears in no message; of the variable or of the file NAME_FILE."""
        return self._secret(name) or default

    def secrets_list(self, name: Text) -> builtins.list[Text]:
        """Secrets separated by commas."""
        return _parts(self._secret(name))

    def optional(self, name: Text) -> Text | None:
        """A text that may be empty on purpose; None if it is not set."""
        return self._value(name)

    def sample(
        self,
        name: Text,
        sample: Text,
        *,
        may_be_empty: builtins.bool = False,
        common: builtins.bool = False,
    ) -> Text:
        """A text that every shop must set for itself; under DEBUG `sample` will do.

        A value equal to the sample counts as not set, unless it is `common`, such as a city.
        """
        value = self._value(name)
        if value is None or (not value and not may_be_empty):
            value = sample
            self.samples.append(name)
        elif value == sample and not common:
            self.samples.append(name)
        return value

    def bool(self, name: Text, *, default: builtins.bool) -> builtins.bool:
        value = self.str(name).lower()
        if value and value not in (*YES, *NO):
            raise ImproperlyConfigured(f"{name} is {self.str(name)!r}; set it to 1 or 0.")
        return value in YES if value else default

    def int(self, name: Text, *, default: int, least: int, most: int) -> int:
        value = self.str(name)
        if not value:
            return default
        plain = value.isascii() and value.isdigit() and len(value) < 10
        if not plain or not least <= int(value) <= most:
            raise ImproperlyConfigured(
                f"{name} is {value!r}; set it to a whole number from {least} to {most}."
            )
        return int(value)

    def list(self, name: Text, default: builtins.list[Text] | None = None) -> builtins.list[Text]:
        """Texts separated by commas. Their values appear in no message."""
        return _parts(self._value(name, secret=True)) or list(default or [])

    def path(self, name: Text, *, default: Text) -> Path:
        return self._folder / Path(self.str(name, default)).expanduser()

    def _secret(self, name: Text) -> Text | None:
        self.secrets.add(name)
        value, named_by = self._value(name, secret=True), f"{name}_FILE"
        if not self.str(named_by):
            return value
        file = self.path(named_by, default="")
        try:
            content = _checked(f"The file of {named_by}", file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8"
            raise ImproperlyConfigured(
                f"{named_by} {file} cannot be read ({reason}); name a file with the value alone, "
                f"or set {name}."
            ) from None
        if value and content:
            raise ImproperlyConfigured(f"{name} and {named_by} are both set; set one of them.")
        return content or value

    def _value(self, name: Text, *, secret: builtins.bool = False) -> Text | None:
        self.names.add(name)
        value = os.environ.get(name, self._of_file.get(name))
        if value is None:
            return None
        value = _checked(name, value)
        if not secret and len(value) > 1 and value[0] == value[-1] and value[0] in QUOTES:
            raise ImproperlyConfigured(
                f"{name} is {value}, and its quotes would be part of it; remove them."
            )
        return value


def _checked(name: Text, value: Text) -> Text:
    """The value without white space around it, such as the line break that ends a file."""
    value = value.strip()
    if any(unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp") for sign in value):
        raise ImproperlyConfigured(
            f"{name} holds a line break or another invisible character; write it as one line "
            "of UTF-8."
        )
    return value


def _parts(value: Text | None) -> list[Text]:
    parts = [part.strip() for part in (value or "").split(",")]
    return [part for part in parts if part]
