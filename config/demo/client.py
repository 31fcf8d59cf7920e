"""Orders from outside: over HTTP, as a customer's browser would."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from django.conf import settings

from bus.selectors import HandlerState

CONNECTIONS = 4
"""At a time; the point is to show the shop at work, not to measure how it drowns."""
PATIENCE = 20
"""How often a request is sent again that the shop has asked to repeat (`Retry-After`)."""


class ShopRefused(Exception):
    """The shop does not answer, or not as it should; the text says what to do."""


class AnswerLost(ShopRefused):
    """The request was sent, and nobody knows what became of it."""


class SoldOut(ShopRefused):
    """Some of the goods are not there in these numbers; `available` says how many are, by SKU."""

    def __init__(self, available: dict[str, int]) -> None:
        self.available = available
        super().__init__(f"Sold out: {', '.join(available)}. Receive stock in the admin.")


@dataclass
class Followed:
    """An order that was placed, and what is known of its handlers."""

    address: str
    """Where the API tells of it; whoever knows that may see and cancel the order."""
    page: str
    number: str
    placed_at: float
    handlers: list[HandlerState] = field(default_factory=list)
    settled: bool = False
    at: datetime | None = None
    """When it was placed, by the shop's clock."""

    @property
    def settled_after(self) -> float | None:
        """Seconds from its placing to its last handler, by the shop's clock."""
        if not (self.settled and self.at and self.handlers):
            return None
        return (max(one.at for one in self.handlers) - self.at).total_seconds()

    @property
    def dead(self) -> bool:
        return any(handler.state == "dead" for handler in self.handlers)

    @property
    def over(self) -> bool:
        """Nothing more will happen by itself."""
        return self.settled or self.dead


class Customer:
    """Talks to the shop at `url`.

    Every method raises ShopRefused with a sentence if the shop cannot be used.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = httpx.Client(
            base_url=url,
            timeout=20,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            transport=httpx.HTTPTransport(retries=2),
            trust_env=False,
        )

    def close(self) -> None:
        self._http.close()

    def require_shop(self, fingerprint: str) -> None:
        """Refuse another shop, as one that runs from a second checkout on the same port."""
        found = self._ask("GET", "/readyz").get("shop")
        if found != fingerprint:
            raise ShopRefused(
                f"The shop at {self.url} is another one than that of {settings.VAR_DIR}. Start "
                "yours with `make up`, or set PORT or SITE_URL to where it is."
            )

    def skus(self) -> list[str]:
        """What can be ordered, page by page."""
        found, page = [], "/api/v1/products/?page_size=100"
        while page:
            answer = self._ask("GET", page)
            found += [product["sku"] for product in answer["results"]]
            page = answer.get("next")
        if not found:
            raise ShopRefused("The catalogue is empty; fill it with `manage.py seed`.")
        return found

    def place(self, body: dict[str, Any]) -> Followed:
        """Order, with an idempotency key: sent again, it would not order twice.

        What is sold out is left out, and the rest ordered.
        """
        key = {"Idempotency-Key": str(uuid.uuid4())}
        try:
            order = self._ask("POST", "/api/v1/checkout/", json=body, headers=key)
        except SoldOut as refusal:
            rest = [line for line in body["lines"] if line["sku"] not in refusal.available]
            if not rest:
                raise
            return self.place(body | {"lines": rest})
        links = order["links"]
        return Followed(links["self"], links["page"], order["number"], time.monotonic())

    def look_at(self, order: Followed) -> Followed:
        """Ask the shop how far the order is."""
        answer = self._ask("GET", order.address)
        order.settled = answer["settled"]
        order.at = datetime.fromisoformat(answer["placed_at"])
        return order

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        """Ask until there is an answer that asks for no repeat; each request can be repeated."""
        for left in reversed(range(PATIENCE)):
            try:
                answer = self._send(method, path, **request)
            except AnswerLost:
                if not left:
                    raise
                time.sleep(1)
                continue
            if "retry-after" not in answer.headers or not left:
                break
            time.sleep(float(answer.headers["retry-after"]))
        if answer.status_code == httpx.codes.CONFLICT and "#out-of-stock" in answer.text:
            errors = answer.json()["errors"]
            raise SoldOut({error["sku"]: error["available"] for error in errors})
        if answer.is_error:
            raise ShopRefused(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json()

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout) as error:
            raise AnswerLost(
                f"{self.url} was asked for {path} and did not answer ({type(error).__name__}). An "
                "order may have been placed; look at the admin."
            ) from error
        except httpx.HTTPError as error:
            raise ShopRefused(
                f"The shop does not answer at {self.url} ({error}). Start it with `make up`, or "
                "set PORT or SITE_URL to where it is."
            ) from error
