"""What a control is: a shop that is broken in one way, and the violation by which it shows."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.campaign import Campaign, Plan
from tests.chaos.checker import Verdict, Violation
from tests.chaos.faults import Fault
from tests.chaos.history import History

HISTORIES = Path(__file__).parents[3] / "var" / "chaos"
RATE = 4
LONGEST_REST = 40

Say = Callable[[str], None]


@dataclass(frozen=True)
class Expected:
    """A violation of `promise` whose text has `text` in it.

    Named so narrowly that nothing else that goes wrong passes for it.
    """

    promise: str
    text: str = ""

    def fits(self, violation: Violation) -> bool:
        return violation.promise == self.promise and self.text in str(violation)


@dataclass(frozen=True)
class Control:
    """What `run` does `faults` to is `broken` in one way, and all of `expected` must come of it."""

    name: str
    broken: str
    faults: tuple[Fault, ...]
    expected: tuple[Expected, ...]
    run: Callable[["Control", Say], Verdict]
    thorough: bool = False
    """Recovery is measured."""

    def caught_by(self, verdict: Verdict) -> Counter[str]:
        """The violations that were to come, by promise and how often; none if one did not."""
        found: Counter[str] = Counter()
        for expected in self.expected:
            times = sum(map(expected.fits, verdict.all))
            if not times:
                return Counter()
            found[expected.promise] += times
        return found


def campaign(control: Control, say: Say) -> Verdict:
    """The shop under load with the control's settings, a module of its name beside this one."""
    plan = Plan(
        seed=1,
        seconds=0,
        rate=RATE,
        database="postgres",
        faults=control.faults,
        chosen=True,
        settings=f"{__package__}.{control.name.replace('-', '_')}",
        longest_rest=LONGEST_REST,
        thorough=control.thorough,
    )
    return Campaign(plan, History(HISTORIES / f"control-{control.name}.jsonl"), say).run()
