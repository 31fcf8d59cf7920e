"""Google Pub/Sub, over HTTP: a topic, with an order's number as the ordering key.

Not by gRPC, as Google's own publisher does it: a process of a worker's pool that calls it is ended.
"""

import base64
from collections.abc import Iterator
from functools import partial
from http import HTTPStatus
from urllib.parse import quote

import google.auth
import httpx
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from outlets.cloudevents import CONTENT_TYPE, CloudEvent
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable

SERVICE = "https://pubsub.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/pubsub"
CONNECT_WITHIN = 4
CONFIRMED_WITHIN = 8
"""Seconds."""
USABLE = (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
"""What looking at the topic is answered; who may publish need not have the right to look."""
ABOUT_THE_EVENT = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)


class Connection:
    """A client that keeps its connection alive. The topic must exist."""

    def __init__(self, address: Address) -> None:
        [(project, _port)] = address.hosts
        endpoint = address.options.get("endpoint", SERVICE).rstrip("/")
        self._topic = f"{endpoint}/v1/projects/{project}/topics/{quote(address.path, safe='~+')}"
        self._client = httpx.Client(
            # An emulator asks for no login, and a token never goes over a wire without TLS.
            auth=_Login() if address.tls else None,
            verify=address.tls_context() or True,
            timeout=httpx.Timeout(CONFIRMED_WITHIN, connect=CONNECT_WITHIN),
            trust_env=False,
        )
        try:
            answer = self._client.get(self._topic)
        except (httpx.RequestError, GoogleAuthError) as error:
            self.close()
            raise DestinationUnavailable(
                f"Pub/Sub does not answer: {type(error).__name__}: {error}"
            ) from error
        if answer.status_code not in USABLE:
            self.close()
            raise DestinationUnavailable(
                f"Pub/Sub does not give the topic {address.path} of the project {project}: "
                f"{_said(answer)}."
            )

    def send(self, event: CloudEvent) -> None:
        """As `outlets.destinations.connection.Connection.send`."""
        message = {
            "data": base64.b64encode(event.encode()).decode(),
            "attributes": {"content-type": CONTENT_TYPE, "type": event.type, "id": event.id},
            "orderingKey": event.subject,
        }
        try:
            answer = self._client.post(f"{self._topic}:publish", json={"messages": [message]})
        except (httpx.RequestError, GoogleAuthError) as error:
            raise DestinationUnavailable(
                f"Pub/Sub has not confirmed the event: {type(error).__name__}."
            ) from error
        if answer.status_code in ABOUT_THE_EVENT:
            raise DestinationRefused(f"Pub/Sub refuses the event: {_said(answer)}.")
        if answer.status_code != HTTPStatus.OK:
            raise DestinationUnavailable(f"Pub/Sub has not confirmed the event: {_said(answer)}.")

    def close(self) -> None:
        self._client.close()


class _Login(httpx.Auth):
    """Tokens by the credentials of the machine, as Google's clients find them; each is renewed
    before it ends.

    Raises:
        GoogleAuthError: there are no credentials.
    """

    def __init__(self) -> None:
        self._credentials, _project = google.auth.default(scopes=[SCOPE])
        self._ask = partial(Request(), timeout=CONNECT_WITHIN)

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:
        url = str(request.url)
        self._credentials.before_request(self._ask, request.method, url, request.headers)
        yield request


def _said(answer: httpx.Response) -> str:
    """The status, and Google's word for it if there is one."""
    try:
        word = answer.json()["error"]["status"]
    except (ValueError, LookupError, TypeError):
        word = ""
    return f"{answer.status_code} {word}".strip()
