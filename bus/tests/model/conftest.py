"""The world of the model, and how long it is explored.

`pytest bus/tests/model --hypothesis-profile=long` takes its time.
"""

import logging
from collections.abc import Iterator

import pytest
from celery import current_app
from django.db import connection
from hypothesis import settings

from bus import handlers
from bus.store import append_only, claims, outbox, starts
from bus.tests.model import processes
from bus.tests.model.machine import Histories
from bus.tests.model.toys import Toys
from bus.tests.model.world import World
from bus.worker import atomic, errors, external

settings.register_profile("long", max_examples=20_000)


@pytest.fixture
def toys() -> Iterator[Toys]:
    """The only subscribers there are."""
    toys = Toys()
    before = dict(handlers.by_name)
    handlers.by_name.clear()
    toys.subscribe()
    yield toys
    for name in handlers.by_name:
        current_app.tasks.pop(name)
    handlers.by_name.clear()
    handlers.by_name.update(before)


@pytest.fixture
def forgetful(transactional_db: None) -> Iterator[None]:
    """A database that lets events be deleted, so that one history can follow another."""
    with connection.schema_editor() as editor:
        append_only.remove(editor)
    yield
    with connection.schema_editor() as editor:
        append_only.install(editor)


@pytest.fixture
def histories(
    toys: Toys, forgetful: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[type[Histories]]:
    """A machine whose world is this test's database."""
    for module in (external, errors):
        monkeypatch.setattr(module, "time", toys.clock)
    for module in (atomic, external):
        monkeypatch.setattr(module, "reach", processes.reach)
    # So much longer than a history takes that only the time it lets pass decides.
    monkeypatch.setattr(claims, "BATCH_WAIT", 20)
    monkeypatch.setattr(outbox, "MOST_AT_ONCE", 2)
    logging.disable()
    world = World(toys)
    monkeypatch.setattr(starts, "new_fence", lambda: world.fence)
    yield type("Histories", (Histories,), {"world": world, "count": 0})
    world.close()
    logging.disable(logging.NOTSET)
