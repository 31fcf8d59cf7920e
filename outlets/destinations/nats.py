"""NATS JetStream: a stream, which keeps an event once for each id in its `duplicate_window`."""

import asyncio
import ssl
from contextlib import suppress

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import MaxPayloadError
from nats.js.errors import NotFoundError

from outlets.cloudevents import CONTENT_TYPE, CloudEvent
from outlets.destinations.address import Address
from outlets.destinations.errors import DestinationRefused, DestinationUnavailable

CONNECT_WITHIN = 4
CONFIRMED_WITHIN = 8
CLOSED_WITHIN = 1
"""Seconds."""


class Connection:
    """A connection, for one thread. The stream must exist and take the subjects STREAM.>."""

    def __init__(self, address: Address) -> None:
        self._name = address.path
        tls = address.tls_context()
        self._runner = asyncio.Runner()
        self._client = Client()
        self._stream = self._client.jetstream(timeout=CONNECT_WITHIN)
        try:
            self._runner.run(self._connect(address, tls))
        except BaseException:
            self.close()
            raise

    async def _connect(self, address: Address, tls: ssl.SSLContext | None) -> None:
        scheme = "tls" if address.tls else "nats"
        try:
            # By itself it looks for a server that is away for minutes.
            async with asyncio.timeout(CONNECT_WITHIN):
                await self._client.connect(
                    [f"{scheme}://{server}" for server in address.servers],
                    user=address.username or None,
                    password=address.password or None,
                    user_credentials=address.options.get("creds"),
                    tls=tls,
                    name="shop",
                    # It would keep what is not sent, and send it after what comes next.
                    allow_reconnect=False,
                    error_cb=_ignore,
                )
                await self._stream.stream_info(self._name)
        except NotFoundError as error:
            raise DestinationUnavailable(
                f"NATS at {address} has no stream {self._name}; add one with the subjects "
                f"{self._name}.> to it."
            ) from error
        except (NatsError, OSError, TimeoutError) as error:
            raise DestinationUnavailable(
                f"NATS at {address} does not answer: {type(error).__name__}."
            ) from error

    def send(self, event: CloudEvent) -> None:
        """As `outlets.destinations.connection.Connection.send`."""
        publish = self._stream.publish(
            f"{self._name}.{event.type}",
            event.encode(),
            timeout=CONFIRMED_WITHIN,
            stream=self._name,
            headers={"Nats-Msg-Id": event.id, "Content-Type": CONTENT_TYPE},
        )
        try:
            self._runner.run(publish)
        except MaxPayloadError as error:
            raise DestinationRefused("The event is larger than NATS's max_payload.") from error
        except (NatsError, OSError, TimeoutError) as error:
            raise DestinationUnavailable(
                f"NATS has not confirmed the event: {type(error).__name__}."
            ) from error

    def close(self) -> None:
        """Close it, without waiting for what is not confirmed."""
        try:
            with suppress(NatsError, OSError):
                self._runner.run(self._close())
        finally:
            self._runner.close()

    async def _close(self) -> None:
        # After a failed TLS handshake the client waits for its transport for ever.
        async with asyncio.timeout(CLOSED_WITHIN):
            await self._client.close()


async def _ignore(_error: Exception) -> None:
    """What it reports is raised as well."""
