"""What can happen to the bus: processes at work, a broker that loses and doubles, an operator."""

from collections.abc import Collection, Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import StrEnum

from celery.exceptions import SoftTimeLimitExceeded
from django.db import DatabaseError, connection, transaction
from django.db.models import F
from django.utils import timezone

from bus import handlers, ops, publish
from bus.models import Delivery, Event, Subscription
from bus.ops import backfill
from bus.relay.drain import drain
from bus.store import claims, outbox, rescue
from bus.store.claims import Batch
from bus.store.poll import Work, poll
from bus.tests.model import ledger
from bus.tests.model.memory import Memory
from bus.tests.model.processes import Fuse, Killed, Worker
from bus.tests.model.toys import NAME, Placed, Toys
from bus.worker.registration import SWEEP, register
from bus.worker.task import handle_message

SURVIVABLE = (Killed, DatabaseError, SoftTimeLimitExceeded)
"""What a worker may end with; everything else is a defect."""

OLD_HANDS = ("book", "ship", "tally", "mail", "answer", "remind")

NEWCOMER = NAME.format("newcomer")

SMALL_WINDOW = 3


class Fate(StrEnum):
    """What becomes of messages when they are sent."""

    SENT = "sent"
    LOST = "lost"
    REFUSED = "refused"
    SENT_IT_SEEMS_NOT = "sent, but it seems not"


class World:
    """One bus, which goes through one history after another."""

    def __init__(self, toys: Toys) -> None:
        self.toys = toys
        self.fuse = Fuse()
        self.idle: list[Worker] = []
        register()
        Subscription.objects.update(window=SMALL_WINDOW)
        self._subscriptions = {row.name.split(".")[-1]: row for row in Subscription.objects.all()}
        self.frozen: list[tuple[Worker, Batch]] = []
        self.backfill: Generator[int, None, None] | None = None
        self.begin()

    def begin(self, toys: Collection[str] = OLD_HANDS) -> None:
        """A new history: nothing is stated yet, and none but these handlers has come."""
        for worker, _batch in self.frozen:
            worker.kill()
            self.idle.append(worker)
        if self.backfill is not None:
            self.backfill.close()
        ledger.wipe()
        Subscription.objects.bulk_create(self._subscriptions[toy] for toy in toys)
        self.toys.reset()
        self.memory = Memory()
        self.fence = 0
        self.broker: list[Batch] = []
        self.looks: list[list[Work]] = []
        self.frozen = []
        self.backfill = None

    def close(self) -> None:
        for worker in [*self.idle, *(worker for worker, _batch in self.frozen)]:
            worker.stop()

    @contextmanager
    def dying(self, statements: int | None) -> Iterator[None]:
        """What is done inside ends before the statement of that number, if it gets so far."""
        self.fuse.light(statements)
        try:
            with connection.execute_wrapper(self.fuse):
                yield
        except Killed:
            pass
        finally:
            self.fuse.light(None)

    # --- publisher and relay ---

    def place(self, streams: str, *, poison: str = "", statements: int | None = None) -> None:
        """State one event in each of these streams, in one transaction."""
        with self.dying(statements), transaction.atomic():
            for stream in streams:
                publish(Placed(about=stream, number=next(self.toys.numbers), poison=poison))

    def relay(
        self, fate: Fate = Fate.SENT, statements: int | None = None, *, sees: bool = True
    ) -> None:
        """One look of a relay, which can or cannot see what lies in the broker."""
        with self.dying(statements):
            outbox.fan_out()
            queued = self.queued() if sees else frozenset()
            self.send(claims.claim(poll(), queued=queued), fate)

    def poll(self) -> None:
        """A relay looks, and is held up before it claims."""
        self.looks.append(poll())

    def claim_by(self, number: int) -> None:
        """It goes on with what it saw then."""
        batches = claims.claim(self.looks.pop(number), queued=self.queued())
        self.send(batches, Fate.SENT)

    def queued(self) -> frozenset[tuple[int, int]]:
        """What a relay finds in the broker."""
        return frozenset(ticket for batch in self.broker for ticket in batch.tickets)

    def send(self, batches: list[Batch], fate: Fate) -> None:
        if fate in (Fate.SENT, Fate.SENT_IT_SEEMS_NOT):
            self.broker += batches
        if fate in (Fate.REFUSED, Fate.SENT_IT_SEEMS_NOT):
            rescue.rescue_not_sent([ticket for batch in batches for ticket in batch.tickets])

    def empty_broker(self, survivors: int) -> None:
        """The broker comes back with no more than its oldest messages, and the relay sees it."""
        del self.broker[survivors:]
        rescue.rescue_sent()

    # --- workers ---

    def work(
        self,
        batch: Batch,
        *,
        statements: int | None = None,
        strike: type[BaseException] = Killed,
        freeze_in: int | None = None,
    ) -> None:
        """A worker gets this message."""
        worker = self.idle.pop() if self.idle else Worker()
        worker.fuse.light(statements, strike)
        worker.fence = self.fence = self.fence + 1
        handler = handlers.find(batch.task)
        paused = Subscription.objects.filter(name=batch.task, paused_at__isnull=False).exists()
        begun = self.toys.begun.total()
        worker.run(lambda: handle_message(handler, batch.tickets), freeze_in=freeze_in)
        self._see_after(worker, batch)
        assert not paused or begun == self.toys.begun.total(), f"{batch} was begun in a pause"

    def message(self, toy: str) -> Batch:
        """The oldest message of a handler leaves the broker."""
        found = next(batch for batch in self.broker if batch.task == NAME.format(toy))
        self.broker.remove(found)
        return found

    def thaw(self, number: int, freeze_in: int | None = None) -> None:
        worker, batch = self.frozen.pop(number)
        worker.thaw(freeze_in)
        self._see_after(worker, batch)

    def kill(self, number: int) -> None:
        worker, batch = self.frozen.pop(number)
        worker.kill()
        self._see_after(worker, batch)

    def _see_after(self, worker: Worker, batch: Batch) -> None:
        if worker.frozen:
            self.frozen.append((worker, batch))
            return
        self.idle.append(worker)
        if worker.error is None:
            return
        if not isinstance(worker.error, SURVIVABLE):
            raise worker.error
        self.memory.abandoned.update(worker.hands(batch))
        # Not acknowledged: sooner or later the broker brings it again.
        self.broker.append(batch)

    def drain(self) -> int:
        """Work the ledger without a broker; returns how many messages there would have been."""
        return len(list(drain()))

    # --- time and the operator ---

    def pass_time(self, time: timedelta) -> None:
        """Let all that the database's clock is compared with be as much longer ago."""
        self.memory.now += time.total_seconds()
        Delivery.objects.update(
            **{at: F(at) - time for at in ("due_at", "due_since", "retry_at", "lease_until")}
        )
        Event.objects.update(at=F("at") - time)
        Subscription.objects.update(
            registered_at=F("registered_at") - time, held_until=F("held_until") - time
        )

    def register_all(self, statements: int | None = None) -> None:
        """Workers start. New or returning subscriptions get the events of the last minute."""
        new: list[str] = []
        with self.dying(statements):
            new = register()
        Subscription.objects.update(window=SMALL_WINDOW)
        now = ledger.read()
        for name in new:
            for pk, born in self.memory.born.items():
                young = self.memory.now - born < SWEEP.total_seconds()
                if young and now.events[pk].routed:
                    self.memory.owe(now, pk, only=name.rpartition(".")[2])

    def operate(self, what: str, name: str, statements: int | None = None) -> None:
        """Pause, resume or retire a subscription."""
        own = Subscription.objects.filter(name=name)
        try:
            with self.dying(statements):
                getattr(ops, what)(name, by="model", why="a history")
        except ops.Refused:
            in_flight = Delivery.objects.filter(subscription__in=own, state__in=ledger.IN_FLIGHT)
            assert in_flight.exists() or not own.filter(retired_at=None).exists()

    def operate_on(self, what: str, number: int, statements: int | None = None) -> None:
        """Deliver a delivery again, or discard it."""
        rows = self.memory.before.rows
        ids = [rows[number % len(rows)].id] if rows else []
        with self.dying(statements):
            also = {"finished": True} if what == "deliver_again" else {}
            self.memory.hurried.update(ids)
            getattr(ops, what)(ids, by="model", why="for no good reason", **also)

    def step_backfill(self, rate: int, statements: int | None = None) -> None:
        """Begin to give the newcomer the past, or go on with it."""
        since = timezone.now() - timedelta(days=300)
        steps = self.backfill or backfill.backfill(
            NEWCOMER, since=since, rate=rate, by="model", idle_within=timedelta(0)
        )
        self.backfill = None
        with suppress(ops.Refused), self.dying(statements):
            if next(steps, None) is not None:
                self.backfill = steps
                return
            now = ledger.read()
            for event in now.events.values():
                if event.routed:
                    self.memory.owe(now, event.id, only="newcomer")
