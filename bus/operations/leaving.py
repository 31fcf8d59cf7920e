"""What an operation leaves as it is, in words for who asked for it."""

from collections import Counter
from collections.abc import Callable

from bus.models import State
from bus.operations.deliveries import ENDABLE_STATES, REPEATABLE_STATES, deliver_again
from bus.operations.selection import Selection


def left_by(operation: Callable[..., int], selection: Selection) -> str:
    """How many deliveries it would leave now, and why; empty where it leaves none."""
    again = operation is deliver_again
    why = _not_again if again else _not_discarded
    left: Counter[str] = Counter()
    for some in selection.steps():
        rows = some.values_list("state", "subscription__retired_at")
        left.update(word for state, ended in rows if (word := why(state, ended is not None)))
    if not left:
        return ""
    rule = (
        "what is in flight comes home first, and a retired subscription does nothing"
        if again
        else "only waiting or dead ones can be discarded"
    )
    return f"{', '.join(f'{count} {word}' for word, count in left.items())}: {rule}"


def _not_again(state: str, retired: bool) -> str:
    if retired:
        return "of a retired subscription"
    return "" if state in REPEATABLE_STATES else state


def _not_discarded(state: str, _retired: bool) -> str:
    if state in ENDABLE_STATES:
        return ""
    return f"{state} already" if state in (State.DONE, State.DISCARDED) else state
