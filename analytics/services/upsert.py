"""The two INSERT ... ON CONFLICT statements that count, one round trip for many rows each."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar

from django.db import connection

from analytics.models import CountedEvent, DayFigures, MinuteFigures, ProductFigures

T = TypeVar("T")
Figures = type[MinuteFigures] | type[DayFigures] | type[ProductFigures]

ROWS_PER_STATEMENT = 500


def count_once(kind: str, numbers: Iterable[str]) -> set[str]:
    """Mark these events as counted; returns those that were not counted before.

    A transaction with the same event waits for the other's commit. Rows are inserted in the order
    of their numbers, so that two transactions cannot deadlock.
    """
    fresh: set[str] = set()
    for part in in_parts(sorted(set(numbers)), ROWS_PER_STATEMENT):
        sql = (
            f"INSERT INTO {_table(CountedEvent)} (kind, number) VALUES {_places(part, 2)}"  # noqa: S608 -- names are the models' own
            " ON CONFLICT (kind, number) DO NOTHING RETURNING number"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql, [value for number in part for value in (kind, number)])
            fresh.update(number for (number,) in cursor.fetchall())
    return fresh


def add_figures(
    figures: Figures,
    rows: Mapping[tuple[Any, ...], Counter[str]],
    labels: Mapping[tuple[Any, ...], str],
) -> None:
    """Add to the counters of these rows; missing rows are inserted.

    Rows are locked in the order of their keys; an empty label leaves the row's as it is. Nothing is
    read before it is written, so concurrent additions are never lost.
    """
    names = (*figures.key, *figures.labels, *figures.counters)
    fields = [figures._meta.get_field(name) for name in names]
    table, key = _table(figures), ", ".join(figures.key)
    sums = ", ".join(f"{name} = {table}.{name} + excluded.{name}" for name in figures.counters)
    kept = "".join(
        f", {name} = COALESCE(NULLIF(excluded.{name}, ''), {table}.{name})"
        for name in figures.labels
    )
    for part in in_parts(sorted(rows), ROWS_PER_STATEMENT):
        values: list[Any] = []
        for row in part:
            label = [labels[row]] if figures.labels else []
            plain = [*row, *label, *(rows[row][name] for name in figures.counters)]
            pairs = zip(fields, plain, strict=True)
            values += [field.get_db_prep_save(value, connection) for field, value in pairs]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({', '.join(names)}) VALUES {_places(part, len(names))}"  # noqa: S608 -- names are the models' own
                f" ON CONFLICT ({key}) DO UPDATE SET {sums}{kept}",
                values,
            )


def in_parts(things: Iterable[T], size: int) -> Iterator[list[T]]:
    """The things in their order, in lists of at most `size`."""
    rest = iter(things)
    while part := list(islice(rest, size)):
        yield part


def _table(model: Figures | type[CountedEvent]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def _places(rows: Sequence[Any], columns: int) -> str:
    return ", ".join([f"({', '.join(['%s'] * columns)})"] * len(rows))
