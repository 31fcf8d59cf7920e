"""Checks that effects and deliveries agree: done deliveries have their effect, effects are done."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import (
    BooleanField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.functions import Concat, Now

from bus.audit.checks import Check, check
from bus.audit.findings import Finding, Operator
from bus.audit.stalled import OVERDUE
from bus.models import Delivery, State
from bus.models.delivery import delivery_key
from bus.store.conditions import claimable

Condition = Q | Exists
"""On a delivery: about its `stream` and its event (`event__key`), by `OuterRef` or directly."""

ALWAYS = Q(pk__isnull=False)
NEVER = Q(pk__in=[])


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The effect of a handler, as conditions on its deliveries.

    Args:
        handler: the subscribed function.
        what: the effect in words, for example *mail*.
        there: true of every delivery that is done.
        trace: true only if this handler has taken effect; by default `there`. Give it if something
            else can make `there` true.
        again: where delivering again restores a lost effect; by default everywhere. An effect that
            exists is kept by its unique key. None if only a person may repeat it.
        asks: what a person must do where a repair may not deliver again.
    """

    handler: Callable[..., Any]
    what: str
    there: Condition
    trace: Condition | None = None
    again: Condition | None = ALWAYS
    asks: str = ""

    @property
    def name(self) -> str:
        return f"{self.handler.__module__}.{self.handler.__name__}"

    def lost(self) -> QuerySet[Any]:
        """Done deliveries without their effect."""
        return self._deliveries(self.again).filter(~Q(self.there), state=State.DONE)

    def loose(self) -> QuerySet[Any]:
        """Deliveries with their effect that are not done, and not about to be."""
        ended = Q(state__in=[State.DEAD, State.DISCARDED])
        overdue = Q(
            Q(retry_at__lt=Now() - OVERDUE)
            | Q(retry_at__isnull=True, due_since__lt=Now() - OVERDUE),
            # At that instant: what a hold has let go of since then is on its way.
            claimable("subscription__", at=Now() - OVERDUE),
            state=State.WAITING,
            due_at__lte=Now(),
        )
        trace = self.there if self.trace is None else self.trace
        again = None if self.again is None else ALWAYS
        return self._deliveries(again).filter(ended | overdue, Q(trace))

    def _deliveries(self, repairable: Condition | None) -> QuerySet[Any]:
        """Deliveries of the type that is handled today: no other can be delivered again, and its
        effects are those that an earlier release declared."""
        condition = NEVER if repairable is None else Q(repairable)
        return Delivery.objects.filter(
            subscription__name=self.name,
            subscription__retired_at__isnull=True,
            event__type=F("subscription__event_type"),
        ).annotate(repairable=ExpressionWrapper(condition, output_field=BooleanField()))

    def findings(self, damaged: Callable[[], QuerySet[Any]]) -> Iterator[Finding]:
        rows = damaged().order_by("id").values_list("pk", "stream", "state", "repairable")
        for pk, stream, state, repairable in rows:
            found = "missing" if state == State.DONE else "there"
            what = f"{self.handler.__name__} is {state}, but its {self.what} is {found}"
            yield Finding(
                subject=f"{stream}, delivery {pk}",
                what=what,
                asks="" if repairable else self.asks,
                repair=partial(self._repeat, damaged, pk, what) if repairable else None,
            )

    def _repeat(
        self, damaged: Callable[[], QuerySet[Any]], pk: int, what: str, operator: Operator
    ) -> str:
        with transaction.atomic():
            still = damaged().filter(repairable=True, pk=pk).select_for_update(of=("self",))
            return operator.deliver_again(pk, what) if list(still) else ""


def effects(app: str, *declared: Effect) -> tuple[Check, Check]:
    """Register two checks for the effects of an app: none is lost, none is without *done*."""

    @check(f"every delivery of {app} that is done has its effect")
    def done_without_effect() -> Iterator[Finding]:
        for effect in declared:
            yield from effect.findings(effect.lost)

    @check(f"every effect of {app} is done in the ledger")
    def effect_without_done() -> Iterator[Finding]:
        for effect in declared:
            yield from effect.findings(effect.loose)

    return done_without_effect, effect_without_done


class _Hyphenated(Func):
    """A UUID as text; SQLite stores only its 32 digits."""

    template = "CAST(%(expressions)s AS text)"
    output_field = TextField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        parts = ((1, 8), (9, 4), (13, 4), (17, 4), (21, 12))
        pieces = (f"SUBSTR(%(expressions)s, {start}, {length})" for start, length in parts)
        template = " || '-' || ".join(pieces)
        return self.as_sql(compiler, connection, template=f"({template})", **context)


def key_of(handler: Callable[..., Any]) -> Concat:
    """The key of an external handler's delivery, for a subquery on deliveries."""
    name = f"{handler.__module__}.{handler.__name__}"
    return Concat(_Hyphenated(OuterRef("event__uuid")), Value(delivery_key("", name)))
