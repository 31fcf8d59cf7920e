"""Requests to an application behind the guard."""

import asyncio
from typing import Any

from config import guard

Sent = list[dict[str, Any]]


class Told:
    """An application that keeps what it was told."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.headers: dict[bytes, bytes] = {}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.headers = dict(scope["headers"])
        self.bodies.append((await receive()).get("body", b""))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})


def ask(
    application: Any, *parts: bytes, path: str = "/api/v1/checkout/", **headers: str
) -> tuple[int, dict[bytes, bytes], bytes]:
    """POST the parts of a body; the status, headers and content of the answer."""
    sent: Sent = []
    messages = [{"type": "http.request", "body": part, "more_body": True} for part in parts]
    messages[-1]["more_body"] = False

    async def receive() -> Any:
        return messages.pop(0) if messages else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    names = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http", "method": "POST", "path": path, "headers": names,
        "client": ("192.0.2.1", 1),
    }  # fmt: skip
    asyncio.run(guard.Guard(application)(scope, receive, send))
    content = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), content
