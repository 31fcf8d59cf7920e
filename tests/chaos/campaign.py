"""One campaign: load, faults drawn from a seed, rest, and the checker's verdict."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from tests.chaos.buyers import Buyers
from tests.chaos.checker import Evidence, Verdict, Violation, checkouts, judge
from tests.chaos.faults import Fault, Missed
from tests.chaos.history import History
from tests.chaos.probe import recovery
from tests.chaos.rest import LONGEST_REST, come_to_rest, deliver_all_again
from tests.chaos.sampler import Sampler
from tests.chaos.staff import Staff
from tests.chaos.stage import Stage

RECOVERED = "every fault is recovered from within its bar"
MERCY = 45
"""Seconds over its bar for which a recovery is waited for, so that it can be told."""
POLICY_WAIT = 60
"""Seconds: an order at stake may have met a provider's refusal, after which mails and the
warehouse's requests wait for a minute by their policy."""
ONE_MORE = 0.5
"""How often one more fault strikes while the others last."""
MOST_TOGETHER = 3

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """What is asked of a campaign. The same seed draws the same faults in the same order."""

    seed: int
    seconds: float
    rate: float
    database: str
    faults: tuple[Fault, ...]
    chosen: bool
    """The faults were named: each is run once and in turn, instead of drawn from all."""
    broker: str = "redis"
    settings: str = "config.settings"
    longest_rest: float = LONGEST_REST
    """Seconds after which the checker looks at what there is, at rest or not."""
    thorough: bool = True
    """Recovery is measured after each fault, and in the end everything is delivered once more."""


@dataclass
class Strike:
    """A fault that was done, and how long the shop took to be well again after it."""

    fault: Fault
    began_at: float
    ended_at: float
    said: str | None = None
    recovered: float | None = None


@dataclass
class Campaign:
    plan: Plan
    history: History
    say: Say
    strikes: list[Strike] = field(default_factory=list)
    slow: list[Violation] = field(default_factory=list)
    redis_away: list[tuple[float, float]] = field(default_factory=list)
    """From when to when nothing was away but Redis."""

    def run(self) -> Verdict:
        """The whole of it. The logs of all processes stay where something was violated."""
        self.history.write(
            seed=self.plan.seed, minutes=self.plan.seconds / 60, rate=self.plan.rate,
            database=self.plan.database, broker=self.plan.broker, cores=os.cpu_count(),
        )  # fmt: skip
        stage = Stage(
            database=self.plan.database, broker=self.plan.broker, settings=self.plan.settings
        )
        try:
            for fault in self.plan.faults:
                fault.prepare(stage)
            stage.open(self.say)
            verdict = self._run_on(stage)
        finally:
            self.say("stopping")
            stage.close()
        if verdict.kept:
            shutil.rmtree(stage.folder, ignore_errors=True)
        else:
            self.say(f"the logs are in {stage.folder}")
        return verdict

    def _run_on(self, stage: Stage) -> Verdict:
        stage.buyers = buyers = Buyers(stage.url, self.plan.rate, self.plan.seed)
        sampler, staff = Sampler(stage), Staff(stage)
        for helper in (sampler, staff, buyers):
            helper.start()
        try:
            self._warm_up(stage, buyers)
            self._strike_all(stage, buyers)
        finally:
            staff.stop()
            self.say("waiting for every customer's answer")
            buyers.stop()
        come_to_rest(stage, self.say, self.plan.longest_rest)
        sampler.stop()
        evidence = self.evidence(stage, buyers, sampler)
        verdict = judge(evidence, len(self.strikes))
        verdict.violations += self.slow
        if self.plan.thorough:
            verdict.violations += self._repeat(stage, buyers, sampler, evidence, verdict)
        self.history.write(checkouts_without_redis=checkouts.seconds(evidence))
        self._remember(buyers, verdict)
        return verdict

    def _warm_up(self, stage: Stage, buyers: Buyers) -> None:
        self.say("the first order")
        recovery(stage, buyers, 90)

    def _strike_all(self, stage: Stage, buyers: Buyers) -> None:
        chance = Random(self.plan.seed)
        if self.plan.chosen:
            for fault in self.plan.faults:
                self._strike(stage, buyers, [fault], chance)
            return
        over = time.monotonic() + self.plan.seconds
        while (left := over - time.monotonic()) > 0:
            together = draw(self.plan.faults, chance)
            mine = Random(chance.random())
            fitting = [one for one in together if one.seconds <= max(left, 10)]
            if fitting:
                self._strike(stage, buyers, fitting, mine)

    def _strike(self, stage: Stage, buyers: Buyers, faults: list[Fault], chance: Random) -> None:
        """Do these faults at the same time, then place an order and see how long it takes."""
        names = " + ".join(fault.name for fault in faults)
        self.say(f"{len(self.strikes) + 1:3}  {names}")
        strikes: list[Strike] = []
        threads = [
            threading.Thread(target=self._do, args=(stage, fault, Random(chance.random()), strikes))
            for fault in faults
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if not strikes:
            return
        if all(fault.redis_only for fault in faults):
            began, ended = min(o.began_at for o in strikes), max(o.ended_at for o in strikes)
            self.redis_away.append((began, ended))
        bar = max(fault.bar for fault in faults) * len(faults)
        if stage.at_stake and any(fault.family == "providers" for fault in faults):
            bar += POLICY_WAIT
        took = self._recover(stage, buyers, names, bar) if self.plan.thorough else None
        for strike in strikes:
            strike.recovered = took
            self.history.write(
                fault=strike.fault.name, began_at=strike.began_at, ended_at=strike.ended_at,
                recovered_after=took, said=strike.said,
            )  # fmt: skip
        self.strikes += strikes

    def _recover(self, stage: Stage, buyers: Buyers, names: str, bar: float) -> float | None:
        """Place an order and wait for its effects; None where they never came."""
        try:
            took, last = recovery(stage, buyers, bar + MERCY)
        except TimeoutError as error:
            took, what = None, str(error)
        else:
            what = f"took {took:.1f} s, the bar is {bar:g} s; last came {last}"
        if took is None or took > bar:
            self.slow.append(Violation(RECOVERED, names, what))
            self.say(f"     {what}")
        return took

    def _do(self, stage: Stage, fault: Fault, chance: Random, strikes: list[Strike]) -> None:
        began, said = time.time(), None
        try:
            said = fault.run(stage, chance)
        except Missed as missed:
            self.say(f"     {fault.name} counts for nothing: {missed}")
            return
        except Exception as error:
            self.slow.append(Violation("every fault can be done", fault.name, repr(error)))
        if said:
            self.say(f"     {fault.name}: {said}")
        strikes.append(Strike(fault, began, time.time(), said))

    def evidence(self, stage: Stage, buyers: Buyers, sampler: Sampler) -> Evidence:
        """All that the checker reads: the shop as it is now, and what was seen before."""
        surprises = [one for child in stage.shop.values() for one in child.surprises]
        return Evidence(
            books=stage.books,
            documents=stage.folder / "documents",
            purchases=list(buyers.purchases),
            mails=stage.mailbox.kept(),
            shipped=stage.warehouse.done(),
            logs=sorted(stage.folder.rglob("*log")),
            surprises=surprises,
            sampled=list(sampler.violations),
            stolen=stage.stolen,
            poisoned=stage.poisoned,
            redis_away=self.redis_away,
            faults=[(one.began_at, one.ended_at + (one.recovered or 0)) for one in self.strikes],
        )

    def _repeat(
        self, stage: Stage, buyers: Buyers, sampler: Sampler, earlier: Evidence, before: Verdict
    ) -> list[Violation]:
        """Deliver every closed row again: no effect may be there once more because of it."""
        deliver_all_again(stage, self.say)
        evidence = self.evidence(stage, buyers, sampler)
        # A mail that an operator repeats comes once more, under its Message-ID.
        evidence.mails_before = earlier.mails_by_id
        after = judge(evidence, before.faults)
        promise = "delivering everything again changes no effect"
        return [
            Violation(promise, one.subject, f"{one.promise}: {one.what}")
            for one in after.all
            if one not in before.all
        ]

    def _remember(self, buyers: Buyers, verdict: Verdict) -> None:
        for purchase in buyers.purchases:
            self.history.write(**purchase.record())
        for remark in verdict.remarks:
            self.history.write(remark=remark)
        for violation in verdict.all:
            self.history.write(violation=str(violation))
        self.history.write(verdict=str(verdict))


def draw(faults: Sequence[Fault], chance: Random) -> list[Fault]:
    """One fault, or a few different ones to strike together.

    Each has about the same share of a campaign's time, so that what is over quickly comes often.
    """
    shares = {fault.name: 1 / (2 + fault.seconds) for fault in faults}
    together: list[Fault] = []
    while len(together) < min(MOST_TOGETHER, len(faults)):
        rest = [fault for fault in faults if fault not in together]
        together += chance.choices(rest, [shares[fault.name] for fault in rest])
        if chance.random() >= ONE_MORE:
            break
    return together
