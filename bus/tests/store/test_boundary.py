"""SQL and the question which database it is stand in bus/store alone."""

import re
from pathlib import Path

BUS = Path(__file__).parents[2]
KEPT_IN_STORE = re.compile(r"\.vendor\b|\.cursor\(|\.raw\(|\bRawSQL\b")

INTROSPECTION = "audit/constraints.py"
"""It needs a cursor for Django's own questions about a table."""


def outside_of_store(bus: Path) -> list[str]:
    """The modules that have what belongs into the store; migrations and tests may."""
    return [
        str(path.relative_to(bus))
        for path in sorted(bus.rglob("*.py"))
        if path.relative_to(bus).parts[0] not in ("migrations", "store", "tests")
        and str(path.relative_to(bus)) != INTROSPECTION
        and KEPT_IN_STORE.search(path.read_text())
    ]


def test_no_other_module_has_sql_or_asks_for_the_database(tmp_path: Path) -> None:
    assert outside_of_store(BUS) == []

    for name, text in {
        "relay.py": "with connection.cursor() as found: found.execute('SELECT 1')",
        "worker.py": 'if connection.vendor == "sqlite": ...',
        "store/claims.py": "connection.cursor().execute(CLAIM)",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert outside_of_store(tmp_path) == ["relay.py", "worker.py"]
