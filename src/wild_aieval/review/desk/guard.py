"""What holds for every request and every answer: which hosts and forms are taken, and which headers go out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

LARGEST = 512 * 1024  # bytes of a form
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Guard:
    """Stands before the application. ``hosts`` are the names under which it may be asked for; None: any."""

    def __init__(self, application: Application, hosts: frozenset[str] | None) -> None:
        self._application, self._hosts = application, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything but HTTP goes through, which is only the start and the end."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._application(scope, receive, send)
            return

        async def sent(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                ours = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
                theirs = [pair for pair in message.get("headers", []) if pair[0].decode("latin-1") not in HEADERS]
                message["headers"] = [*theirs, *ours]
            await send(message)

        if refusal := self._refusal(scope):
            status, text = refusal
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await sent({"type": "http.response.start", "status": status, "headers": headers})
            await sent({"type": "http.response.body", "body": text.encode()})
            return
        await self._application(scope, receive, sent)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = headers.get("host", "")
        if self._hosts is not None and _name(host) not in self._hosts:
            return 421, "This desk is not known under that name."
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return 405, "Not allowed."
        if scope["method"] != "POST":
            return None
        origin = headers.get("origin")
        if headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
            return 403, "This form came from elsewhere."
        if origin is not None and origin.partition("://")[2] != host:
            return 403, "This form came from elsewhere."
        length = headers.get("content-length", "")
        if not length.isdecimal():
            return 411, "The length is missing."
        return (413, "Too long.") if int(length) > LARGEST else None


def _name(host: str) -> str:
    """The host without its port."""
    return host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0].lower()
