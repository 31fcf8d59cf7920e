"""What an operation leaves as it is, in words for who asked for it."""

from collections import Counter
from collections.abc import Callable

from bus.ops.deliveries import FINISHED_STATES, UNFINISHED_STATES, deliver_again
from bus.ops.selection import Selection


def left_by(operation: Callable[..., int], selection: Selection, *, finished: bool = False) -> str:
    """How many deliveries it would leave now, and why; empty where it leaves none."""
    left: Counter[str] = Counter()
    rules: dict[str, None] = {}
    for some in selection.steps():
        for state, ended in some.values_list("state", "subscription__retired_at"):
            found = why_left(operation is deliver_again, finished, state, ended is not None)
            if found:
                word, rule = found
                left[word] += 1
                rules[rule] = None
    if not left:
        return ""
    counts = ", ".join(f"{count} {word}" for word, count in left.items())
    return f"{counts}: {'; '.join(rules)}"


def why_left(again: bool, finished: bool, state: str, retired: bool) -> tuple[str, str] | None:
    """What a delivery is that the operation leaves, and by which rule; None if it does not."""
    if again and retired:
        return "of a retired subscription", "a retired subscription does nothing"
    if state in FINISHED_STATES:
        if again:
            rule = "what is finished is repeated only where that is said explicitly (--finished)"
            return None if finished else (f"{state} already", rule)
        return f"{state} already", "only waiting or dead ones can be discarded"
    if state in UNFINISHED_STATES:
        return None
    rule = "what is in flight comes back first"
    return state, rule if again else "only waiting or dead ones can be discarded"
