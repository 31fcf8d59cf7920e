"""The quarantine in SQS: a queue whose messages are read, and shown again or deleted."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.exceptions import OperationalError

from bus.broker.quarantine import MOST_KEPT

AT_ONCE = 10
"""Messages in one request, by the rule of SQS."""


class SqsQueue:
    """See `bus.broker.quarantine.Store`."""

    def __init__(self, sqs: Any, url: str, count: int) -> None:
        self._sqs, self._url, self._count = sqs, url, min(count, MOST_KEPT)
        self._handles: dict[bytes, list[str]] = {}

    def items(self) -> list[bytes]:
        found: list[tuple[int, bytes]] = []
        while len(found) < self._count and (messages := self._receive()):
            for message in messages:
                item = _item(message["Body"])
                self._handles.setdefault(item, []).append(message["ReceiptHandle"])
                found.append((int(message["Attributes"]["SentTimestamp"]), item))
        found.sort(key=lambda one: one[0], reverse=True)
        return [item for _sent_at, item in found]

    def remove(self, items: list[bytes]) -> None:
        handles = [self._handles[item].pop() for item in items]
        for entries in _batches(handles):
            answer = self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise OperationalError("SQS has not deleted all of it.")

    def show_again(self) -> None:
        """Show what was read and not removed to the next who reads."""
        handles = [handle for handles in self._handles.values() for handle in handles]
        for entries in _batches(handles, VisibilityTimeout=0):
            self._sqs.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)

    def _receive(self) -> list[Any]:
        # Without waiting SQS asks only some of its servers.
        answer = self._sqs.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=AT_ONCE,
            WaitTimeSeconds=1,
            AttributeNames=["SentTimestamp"],
        )
        return list(answer.get("Messages", ()))


@contextmanager
def opened(sqs: Any, url: str, count: int) -> Iterator[SqsQueue]:
    """The quarantine of so many messages.

    Raises:
        OperationalError: SQS does not answer, or refuses.
    """
    store = SqsQueue(sqs, url, count)
    try:
        yield store
        store.show_again()
    except (BotoCoreError, ClientError) as error:
        raise OperationalError(str(error)) from error


def _item(body: str) -> bytes:
    try:
        return b64decode(body, validate=True)
    except ValueError:  # none of ours
        return body.encode()


def _batches(handles: list[str], **options: Any) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(handles), AT_ONCE):
        yield [
            {"Id": str(at), "ReceiptHandle": handle, **options}
            for at, handle in enumerate(handles[start : start + AT_ONCE])
        ]
