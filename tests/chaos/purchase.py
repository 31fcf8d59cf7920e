"""What one customer asked for and was told."""

from dataclasses import asdict, dataclass, field
from typing import Any

import httpx

from tests.chaos.mailbox import REFUSED

CHECKOUT = "/api/v1/checkout/"

RETRY_FOR = 120
"""Seconds for which a customer repeats a request under the same key."""

ASK_AGAIN = ("409", "429")
"""Refusals that mean later: a conflict with one's own first try, and too many requests."""

SOLD_OUT = "409 out of stock"
"""A refusal that is final: another body would be needed."""


@dataclass
class Purchase:
    """What one customer asked for and was told. Times are seconds since the epoch."""

    key: str
    body: dict[str, Any]
    begun_at: float = 0.0
    answered_at: float = 0.0
    address: str = ""
    """Of the order in the API."""
    number: str = ""
    total: str = ""
    tries: list[tuple[float, float, str]] = field(default_factory=list)
    """For each try: when it began, how long it took, and the status or the error."""
    wants_to_cancel: bool = False
    cancelled: bool = False
    keyless: bool = False
    """Sends no Idempotency-Key, so that a repeat would order twice."""
    left_open: bool = False
    """Some try may have placed an order, and nothing said which."""

    @property
    def email(self) -> str:
        return str(self.body["email"])

    @property
    def unknown_address(self) -> bool:
        return self.email.startswith(REFUSED)

    @property
    def sold_out(self) -> bool:
        return bool(self.tries) and self.tries[-1][2] == SOLD_OUT

    @property
    def refused(self) -> bool:
        """The last answer was no, and asking again would not have changed it."""
        said = self.tries[-1][2] if self.tries else ""
        return said.startswith("4") and said not in ASK_AGAIN

    def record(self) -> dict[str, Any]:
        return {"purchase": asdict(self)}


def said_of(answer: httpx.Response) -> str:
    if answer.status_code == httpx.codes.CONFLICT and b"#out-of-stock" in answer.content:
        return SOLD_OUT
    return str(answer.status_code)
