"""Handlers whose effect is in our database: it is committed together with *done*."""

import logging

from django.db import close_old_connections, transaction

from bus.context import handling
from bus.crashpoints import Point, reach
from bus.facts import Fact, UnreadableFact
from bus.models import State
from bus.planning import plan_by_index, planned_by_index
from bus.registry import Reaction
from bus.worker.failures import ALWAYS_TRANSIENT, fail
from bus.worker.ledger import Taken, close, close_done, read, require_sound, send_alone, still_owned
from bus.worker.outcome import Outcome
from bus.worker.patience import patiently
from bus.worker.taking import Ticket, take
from bus.worker.trouble import is_trouble_of_database

log = logging.getLogger(__name__)

Read = list[tuple[Taken, Fact]]
Failed = list[tuple[Taken, Exception]]


def perform(reaction: Reaction, tickets: list[Ticket], outcome: Outcome) -> None:
    """Run the handler for each delivery in a savepoint; one commit for effects and ledger.

    What fails as a whole (a deadlock, a lost connection, the soft time limit, the common lock)
    is rolled back as a whole and tried again one by one. A delivery that is alone is the whole.
    """
    tries: list[int] = []
    taken = patiently(lambda: take(reaction, tickets, tries))
    if not taken:
        return
    reach(Point.BEFORE_EFFECT, reaction.name)
    try:
        states = _together(reaction, taken)
    except Exception as error:
        trouble = error
        if len(taken) > 1:
            log.warning("%s: batch rolled back: %s", reaction.name, type(error).__name__)
        # A connection that broke cannot write the ledger; the next query opens another one.
        close_old_connections()
        states = patiently(lambda: _apart(reaction, taken, trouble))
    reach(Point.AFTER_COMMIT, reaction.name)
    outcome.count(states)


def _together(reaction: Reaction, taken: list[Taken]) -> list[State]:
    with transaction.atomic():
        if len(taken) == 1:
            return _alone(reaction, taken[0])
        with planned_by_index():
            owned = still_owned(taken, State.RUNNING)
        facts, failed = _read_all(reaction, [one for one in taken if one.id in owned])
        if reaction.lock and facts:
            reaction.lock([fact for _one, fact in facts])
        done, failures = _handle(reaction, facts)
        reach(Point.AFTER_EFFECT, reaction.name)
        with planned_by_index():
            close_done(one.id for one in done)
            states = [fail(reaction, one, error) for one, error in failed + failures]
        reach(Point.BEFORE_COMMIT, reaction.name)
        return [State.DONE] * len(done) + states


def _alone(reaction: Reaction, one: Taken) -> list[State]:
    """Close it and do it: whatever fails takes both back."""
    with planned_by_index():
        if not close(one, State.RUNNING):
            return []
    fact = read(reaction, one)
    if reaction.lock:
        reaction.lock([fact])
    with handling([(fact, one.origin)]):
        reaction.handler([fact] if reaction.whole_batch else fact)
    require_sound()
    reach(Point.AFTER_EFFECT, reaction.name)
    reach(Point.BEFORE_COMMIT, reaction.name)
    return [State.DONE]


def _apart(reaction: Reaction, taken: list[Taken], error: Exception) -> list[State]:
    with transaction.atomic():
        plan_by_index()
        owned = still_owned(taken, State.RUNNING)
        if len(taken) == 1:
            return [fail(reaction, one, error) for one in taken if one.id in owned]
        send_alone(owned, uncounted=is_trouble_of_database(error))
        return [State.WAITING] * len(owned)


def _read_all(reaction: Reaction, taken: list[Taken]) -> tuple[Read, Failed]:
    facts: Read = []
    failed: Failed = []
    for one in taken:
        try:
            facts.append((one, read(reaction, one)))
        except UnreadableFact as error:
            failed.append((one, error))
    return facts, failed


def _handle(reaction: Reaction, facts: Read) -> tuple[list[Taken], Failed]:
    if reaction.whole_batch and len(facts) > 1 and _handle_whole(reaction, facts):
        return [one for one, _fact in facts], []
    done: list[Taken] = []
    failed: Failed = []
    for one, fact in facts:
        try:
            with transaction.atomic(), handling([(fact, one.origin)]):
                reaction.handler([fact] if reaction.whole_batch else fact)
                require_sound()
        except ALWAYS_TRANSIENT:
            raise
        except Exception as error:
            failed.append((one, error))
        else:
            done.append(one)
    return done, failed


def _handle_whole(reaction: Reaction, facts: Read) -> bool:
    try:
        with transaction.atomic(), handling([(fact, one.origin) for one, fact in facts]):
            reaction.handler([fact for _one, fact in facts])
            require_sound()
    except ALWAYS_TRANSIENT:
        raise
    except Exception as error:
        log.warning("%s: batch failed with %s, now one by one", reaction.name, type(error).__name__)
        return False
    return True
