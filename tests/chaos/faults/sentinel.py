"""Sentinels that make the replica the master."""

from random import Random

from tests.chaos.faults.fault import fault
from tests.chaos.stage import Stage

BAR = 30
"""Seconds: the master is missed for two, another is elected, and workers find it."""


@fault("Sentinel: kill -9 of the master, another is elected", bar=BAR, seconds=15,
       redis_only=True, broker="sentinel")  # fmt: skip
def sentinel_failover(stage: Stage, chance: Random) -> None:
    stage.broker.fail_over()
