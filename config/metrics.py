"""Metrics of the web server: answers by their status, and how long a checkout takes."""

import re
import time

from prometheus_client import CollectorRegistry, Counter, Histogram

from config.turns import Application, Message, Receive, Send

CHECKOUT = re.compile("(?:/api/v1)?/checkout/?")

SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

PLACED, REFUSED, FAILED = "placed", "refused", "failed"


class Measured:
    """An ASGI application whose answers are counted.

    From the request's header to the beginning of the answer: as the customer waits, for a free
    place and for their own body, too.
    """

    def __init__(self, application: Application, registry: CollectorRegistry) -> None:
        self._application = application
        self.responses = Counter(
            "shop_responses", "Answers by the class of their status.", ["status"], registry=registry
        )
        self.checkouts = Histogram(
            "shop_checkout_seconds", "From the request of a checkout to its answer.", ["outcome"],
            buckets=SECONDS, registry=registry,
        )  # fmt: skip
        # What a counter begins with is no increase to Prometheus.
        for status in range(2, 6):
            self.responses.labels(f"{status}xx")
        for outcome in (PLACED, REFUSED, FAILED):
            self.checkouts.labels(outcome)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._application(scope, receive, send)
            return
        began = time.monotonic()
        checks_out = scope["method"] == "POST" and CHECKOUT.fullmatch(scope["path"])

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                status = message["status"]
                self.responses.labels(f"{status // 100}xx").inc()
                if checks_out:
                    seconds = time.monotonic() - began
                    self.checkouts.labels(outcome_of(status)).observe(seconds)
            await send(message)

        await self._application(scope, receive, counted)


def outcome_of(status: int) -> str:
    """What an answer to a checkout means; the page answers with a redirect, the API with 201."""
    if status < 400:
        return PLACED
    return REFUSED if status < 500 else FAILED
