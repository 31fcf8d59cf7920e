"""What the benchmark asks of PostgreSQL fits the tables as they are today."""

from typing import Any

import pytest
from django.db import connection

from bench import contenders, statements
from bench.measures.checkout import DIRECT_DONE

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@pytest.mark.parametrize(
    ("statement", "values"),
    [
        (statements.EVENTS, [1, 10]),
        (statements.PAST, [10]),
        (statements.CONSOLE_PAST, [1, 10]),
        (statements.CONSOLE_OPEN, [10]),
        (statements.CONSOLE_FAILED, []),
        (statements.CONSOLE_PACE, []),
        (statements.DONE_OF, [[1, 2]]),
        (statements.SENT_OF, [[1, 2]]),
        (statements.UNDONE, []),
        (statements.DONE, []),
        (statements.UNROUTED, []),
        (contenders.DONE, []),
        (DIRECT_DONE, [["SO-1000"]]),
    ],
)
def test_statement_can_be_planned(statement: str, values: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {statement}", values)

        assert cursor.fetchall()
