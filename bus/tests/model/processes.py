"""Processes that a history can stop: killed at any statement, or frozen between transactions."""

from collections.abc import Callable
from threading import Semaphore, Thread, local

from django.db import connection

from bus.failpoints import Point
from bus.store.claims import Batch


class Killed(BaseException):
    """The process is gone: nothing of it may catch this, and no statement of it gets through."""


class Fuse:
    """Wraps the statements of one connection and burns down with each that is no query.

    Burnt, it strikes. A process that is killed never comes back, and the database takes back what
    it had not committed, so that it makes no difference before which query it dies. Trouble with
    the database strikes once.
    """

    def __init__(self) -> None:
        self.left: int | None = None
        self.strike: type[BaseException] = Killed

    def light(self, statements: int | None, strike: type[BaseException] = Killed) -> None:
        self.left, self.strike = statements, strike

    def __call__(self, execute: Callable[..., object], sql: str, *rest: object) -> object:
        if self.left is None or sql.startswith(("ROLLBACK", "SELECT")):
            return execute(sql, *rest)
        if self.left > 0:
            self.left -= 1
            return execute(sql, *rest)
        if self.strike is not Killed:
            self.left = None
        raise self.strike


_here = local()


class Worker:
    """A worker process: a thread with a connection of its own, which runs only while it is let.

    So one thing happens at a time, and a history is the same whenever it is repeated.
    """

    def __init__(self) -> None:
        self.fuse = Fuse()
        self.frozen = False
        self.fence = 0
        self.error: BaseException | None = None
        self._job: Callable[[], object] | None = None
        self._freeze_in: int | None = None
        self._doomed = False
        self._go, self._stopped = Semaphore(0), Semaphore(0)
        self._thread = Thread(target=self._live, daemon=True)
        self._thread.start()

    def run(self, job: Callable[[], object], *, freeze_in: int | None = None) -> None:
        """Let it do this until it ends or freezes at the stop of that number."""
        self._job, self._freeze_in, self.error, self._doomed = job, freeze_in, None, False
        self._let()

    def hands(self, batch: Batch) -> set[tuple[int, int]]:
        """The deliveries of this message, with the tokens under which it has begun them."""
        return {(pk, token + self.fence) for pk, token in batch.tickets}

    def thaw(self, freeze_in: int | None = None) -> None:
        self._freeze_in = freeze_in
        self._let()

    def kill(self) -> None:
        """End what it does where it is frozen."""
        self._doomed = True
        self._let()

    def stop(self) -> None:
        """End the thread, and close its connection."""
        if self.frozen:
            self.kill()
        self._job = None
        self._go.release()
        self._thread.join()

    def _let(self) -> None:
        self._go.release()
        self._stopped.acquire()

    def _live(self) -> None:
        _here.worker = self
        with connection.execute_wrapper(self.fuse):
            while self._next():
                self._stopped.release()
        connection.close()

    def _next(self) -> bool:
        self._go.acquire()
        if self._job is None:
            return False
        try:
            self._job()
        except BaseException as error:
            self.error = error
        self.fuse.light(None)
        return True

    def _freeze(self) -> None:
        self.frozen = True
        self._stopped.release()
        self._go.acquire()
        self.frozen = False
        if self._doomed:
            self.fuse.light(0)
            raise Killed

    def pass_by(self) -> None:
        """Called in its own thread, where it could freeze."""
        if self._freeze_in is not None:
            self._freeze_in -= 1
            if self._freeze_in < 0:
                self._freeze_in = None
                self._freeze()


def reach(point: Point, handler: str = "") -> None:
    """Stands for `bus.failpoints.reach`: a stop where a worker holds no lock of the database."""
    worker: Worker | None = getattr(_here, "worker", None)
    if worker is not None and not connection.in_atomic_block:
        worker.pass_by()
