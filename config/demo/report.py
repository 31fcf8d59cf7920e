"""The results of orders, as tables and figures."""

import statistics
from collections import Counter

from rich import box
from rich.table import Table

from config.demo.client import Followed


def handler_table(order: Followed) -> Table:
    """A row for each handler of one order."""
    table = Table("App", "Handler", "State", "Attempts", box=box.SIMPLE)
    for handler in order.handlers:
        table.add_row(handler.app, handler.handler, handler.state, str(handler.attempts))
    return table


def app_table(orders: list[Followed], doubled: dict[str, int]) -> Table:
    """Handlers of each app by state, and doubled effects."""
    counts = Counter((r.app, _state(r.state)) for order in orders for r in order.handlers)
    table = Table("App", box=box.SIMPLE)
    for title in ("done", "waiting", "dead", "doubled"):
        table.add_column(title, justify="right")
    for app in sorted({app for app, _ in counts}):
        states = [str(counts[app, state]) for state in ("done", "waiting", "dead")]
        table.add_row(app, *states, str(doubled.get(app, 0)))
    return table


def summary(orders: list[Followed], seconds: float) -> list[str]:
    """Orders, orders a second, and the times until orders were settled."""
    times = sorted(o.settled_after for o in orders if o.settled_after is not None)
    placed = "1 order" if len(orders) == 1 else f"{len(orders)} orders"
    handlers = sum(len(order.handlers) for order in orders)
    rate = f" ({len(orders) / max(seconds, 0.001):.1f}/s)" if len(orders) > 1 else ""
    lines = [
        f"{placed} placed in {seconds:.1f} s{rate}",
        f"{handlers} handlers; settled: {len(times)} of {len(orders)}",
    ]
    if len(times) == 1:
        lines.append(f"settled after {times[0]:.2f} s")
    elif times:
        late = times[max(0, -(-len(times) * 95 // 100) - 1)]
        lines.append(
            f"settled after: median {statistics.median(times):.2f} s, 95 % within {late:.2f} s, "
            f"all within {times[-1]:.2f} s"
        )
    return lines


def _state(state: str) -> str:
    return state if state in ("done", "dead") else "waiting"
