"""Requests for messages of SQS that end, and whose failure is told; kombu's do and are neither."""

import logging
from typing import Any

import pycurl
from kombu.asynchronous.aws.connection import AsyncHTTPSConnection
from kombu.asynchronous.aws.sqs.connection import AsyncSQSConnection

from bus.broker.sqs_address import WAIT

log = logging.getLogger(__name__)

CONNECTED_WITHIN = 5
ANSWERED_WITHIN = WAIT + 5
"""Seconds for an answer, of which SQS itself waits for a message for `WAIT`."""


class Request(AsyncHTTPSConnection):  # type: ignore[misc]  # kombu has no types
    """A request with time limits; without, one whose server is gone would never end."""

    def getrequest(self) -> Any:
        request = super().getrequest()
        request.on_prepare = _limit
        return request


def _limit(curl: Any) -> None:
    curl.setopt(pycurl.CONNECTTIMEOUT, CONNECTED_WITHIN)
    curl.setopt(pycurl.TIMEOUT, ANSWERED_WITHIN)


class Polling(AsyncSQSConnection):  # type: ignore[misc]  # kombu has no types
    """The answer to a request for messages is None if there is none, or a refusal.

    With kombu 5.7.0 one of these ends the polling of the queue for good, in a worker that lives on.
    """

    _trouble = ""

    def get_http_connection(self) -> Request:
        return Request(http_client=self._httpclient)

    def _on_list_ready(self, parent: Any, markers: Any, operation: str, response: Any) -> Any:
        try:
            # An empty list is kombu's word for an error of the server, or no answer at all.
            found = super()._on_list_ready(parent, markers, operation, response) or None
            trouble = "" if found else f"{response.status} {response.reason}"
        except Exception as error:
            found, trouble = None, str(error)
        if bool(trouble) != bool(self._trouble):
            log.warning("%s: %.300s", parent, trouble or "SQS answers again")
        self._trouble = trouble
        return found
