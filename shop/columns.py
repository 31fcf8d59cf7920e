"""Model fields that several apps use."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import models

from shop.links import hash_of, token_of
from shop.money import MOST_PLACES
from shop.text import folded

CENT = Decimal("0.01")


class LinkHash(models.CharField):  # type: ignore[type-arg]  # not generic at run time
    """The hash of the customer's link to the order whose public id is in the column `of`.

    Set when the row is inserted, also by `bulk_create`, and never changed.
    """

    def __init__(self, *, of: str, **options: Any) -> None:
        self.of = of
        options |= {"max_length": 64, "null": True, "editable": False}
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, positional, options = super().deconstruct()
        for fixed in ("max_length", "null", "editable"):
            del options[fixed]
        return name, path, positional, options | {"of": self.of}

    def pre_save(self, row: models.Model, add: bool) -> str | None:
        if add:
            setattr(row, self.attname, hash_of(token_of(getattr(row, self.of))))
        value: str | None = super().pre_save(row, add)
        return value


class Amount(models.DecimalField):  # type: ignore[type-arg]  # not generic at run time
    """An amount in its row's currency, with up to three decimal places.

    Read with two places, unless the third is needed: 12.50, 12.505.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"decimal_places": MOST_PLACES, **options})

    def from_db_value(self, value: Decimal | None, *_context: Any) -> Decimal | None:
        if value is None:
            return None
        short = value.quantize(CENT)
        return short if short == value else value


class Folded(models.TextField):  # type: ignore[type-arg]  # not generic at run time
    """The texts of the columns `of` as `shop.text.folded` has them: for searching and sorting.

    Written whenever the row is inserted or saved whole, also by `bulk_create`; not by `update()`.
    """

    def __init__(self, *, of: Sequence[str], longest: int | None = None, **options: Any) -> None:
        self.of = tuple(of)
        self.longest = longest
        options |= {"editable": False, "default": "", "db_default": ""}
        super().__init__(**options)

    def deconstruct(self) -> Any:
        name, path, positional, options = super().deconstruct()
        for fixed in ("editable", "default", "db_default"):
            del options[fixed]
        return name, path, positional, options | {"of": list(self.of), "longest": self.longest}

    def pre_save(self, row: models.Model, add: bool) -> str:  # noqa: ARG002 -- Django's
        text = self.text_of(row)
        setattr(row, self.attname, text)
        return text

    def text_of(self, row: models.Model) -> str:
        """What the row's other columns say the column should have."""
        return folded(" ".join(getattr(row, name) or "" for name in self.of))[: self.longest]
