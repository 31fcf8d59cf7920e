"""The services of analytics: count each event once, and correct the figures from the events."""

from analytics.services.compare import Difference, compare_figures
from analytics.services.rebuild import AlreadyCorrected, rebuild_figures
from analytics.services.record import (
    record_dispatches,
    record_rejections,
    record_sales,
    reverse_sales,
)

__all__ = [
    "AlreadyCorrected",
    "Difference",
    "compare_figures",
    "rebuild_figures",
    "record_dispatches",
    "record_rejections",
    "record_sales",
    "reverse_sales",
]
