"""Invoice numbers: each series counts 1, 2, 3 and so on, whatever happened."""

from collections import defaultdict
from collections.abc import Iterator

from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.verdict import Violation

NUMBERS = "invoice numbers have no gap and no double"


def numbers_have_no_gap(evidence: Evidence) -> Iterator[Violation]:
    series: dict[tuple[str, int], list[int]] = defaultdict(list)
    for prefix, year, sequence in evidence.books.rows(
        "SELECT series, year, sequence FROM billing_invoice ORDER BY sequence"
    ):
        series[prefix, year].append(sequence)
    for name, numbers in series.items():
        if numbers != list(range(1, len(numbers) + 1)):
            missing = sorted(set(range(1, max(numbers) + 1)) - set(numbers))
            doubled = sorted({one for one in numbers if numbers.count(one) > 1})
            what = f"misses {missing[:5]} and has twice {doubled[:5]}"
            yield Violation(NUMBERS, "-".join(map(str, name)), what)
