"""A filter for spans of time in the pages of staff."""

from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def seconds(span: timedelta) -> str:
    """`0.42 s`, `17 s`, `3 min`, `5 h`, `2 d`: two digits at most, never below zero."""
    count = max(span.total_seconds(), 0)
    if count < 10:
        return f"{count:.2f} s"
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if count >= 2 * size:
            return f"{count // size:.0f} {unit}"
    return f"{count:.0f} s"
