"""A customer of the shop, who orders over HTTP."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx
from django.conf import settings

from bus.selectors import HandlerState

CONNECTIONS = 4
"""At a time: enough to show the shop at work; the benchmark measures its limits."""
MOST_TRIES = 20
"""Of one request that the shop asks to repeat (`Retry-After`), or whose answer is lost."""


class ShopRefused(Exception):
    """The shop does not answer, or answers with an error; the text says what to do."""


class AnswerLost(ShopRefused):
    """The request was sent, and its outcome is unknown."""


class SoldOut(ShopRefused):
    """Stock is short of some goods; `available` is the stock that is left, by SKU."""

    def __init__(self, available: dict[str, int]) -> None:
        self.available = available
        super().__init__(f"Sold out: {', '.join(available)}. Receive stock in the admin.")


@dataclass
class Followed:
    """A placed order, and the states of its handlers."""

    address: str
    """Its address in the API. It is a secret: whoever has it may read and cancel the order."""
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
        """Whether it is settled or has a dead delivery, so that nothing more happens by itself."""
        return self.settled or self.dead


class Customer:
    """Orders from the shop at `url`.

    Every method raises ShopRefused if the shop cannot be used.
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
        """Refuse another shop, such as one of a second checkout on the same port.

        `fingerprint` is that of the database that the settings name.
        """
        found = self._ask("GET", "/readyz").get("shop")
        if found != fingerprint:
            raise ShopRefused(
                f"The shop at {self.url} is not the one of VAR_DIR={settings.VAR_DIR}. Start that "
                "one with `make up`, or set PORT or SITE_URL to its address."
            )

    def skus(self) -> list[str]:
        """The SKUs of all products on sale."""
        found, page = [], "/api/v1/products/?page_size=100"
        while page:
            answer = self._ask("GET", page)
            found += [product["sku"] for product in answer["results"]]
            page = answer.get("next")
        if not found:
            raise ShopRefused("The catalogue is empty. Fill it with `manage.py seed`.")
        return found

    def place(self, body: dict[str, Any]) -> Followed:
        """Place an order. Its idempotency key makes a repeated request safe.

        Without what is sold out, if other lines remain.
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

    def refresh(self, order: Followed) -> Followed:
        """Read from the API whether the order is settled."""
        answer = self._ask("GET", order.address)
        order.settled = answer["settled"]
        order.at = datetime.fromisoformat(answer["placed_at"])
        return order

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        """Send a request until it has an answer without `Retry-After`; each is safe to repeat."""
        for left in reversed(range(MOST_TRIES)):
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
            raise ShopRefused(
                f"The shop answered {method} {path} with {answer.status_code}: {answer.text}"
            )
        return answer.json()

    def _send(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return self._http.request(method, path, **request)
        except (httpx.ReadError, httpx.RemoteProtocolError, httpx.ReadTimeout) as error:
            raise AnswerLost(
                f"The shop did not answer {method} {self.url}{path} ({type(error).__name__}). An "
                "order may have been placed; see Orders in the admin."
            ) from error
        except httpx.HTTPError as error:
            raise ShopRefused(
                f"The shop does not answer at {self.url} ({error}). Start it with `make up`, or "
                "set PORT or SITE_URL to its address."
            ) from error
