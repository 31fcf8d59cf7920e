"""How a machine is let loose."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from bus.tests.model.machine import Histories


def explore(histories: type[Histories], count: int, *, shrink: bool = True) -> None:
    """Go through so many histories, of 20 steps at most.

    Raises:
        BaseException: the promise that the first bad history breaks, with the shortest history
            that breaks it, unless it is not to be looked for.
    """
    how = settings(
        max_examples=count,
        stateful_step_count=20,
        phases=[Phase.generate, Phase.shrink] if shrink else [Phase.generate],
        report_multiple_bugs=False,
        database=None,
        deadline=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(histories, settings=how)
