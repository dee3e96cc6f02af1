"""What holds for every request and every answer: who may ask, under which name, how often, and which headers go out."""

from __future__ import annotations

import datetime
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import Any, NamedTuple

from wild_aieval.review.desk.access import AccessLog, Note
from wild_aieval.review.desk.exposure import LOOPBACK, Exposure, plain
from wild_aieval.review.desk.rates import Rates, network

LARGEST = 512 * 1024  # bytes of a form
BURST, BURST_SECONDS = 300, 30.0  # requests of one client at once, and how soon as many are free again
NOTE = "wild_aieval.note"
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "same-origin",  # with 'no-referrer', browsers would send forms with the origin 'null'
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_TLS_ONLY = {"strict-transport-security": "max-age=31536000"}
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refusal(NamedTuple):
    """Why a request does not reach the application; ``event`` is for the log."""

    status: int
    text: str
    event: str
    wait: float = 0.0


class Guard:
    """Stands before the application; ``exposure`` says who may ask, and under which names."""

    def __init__(
        self,
        application: Application,
        exposure: Exposure = LOOPBACK,
        rates: Rates | None = None,
        log: AccessLog | None = None,
    ) -> None:
        self._application, self._exposure = application, exposure
        self._rates, self._log = rates or Rates(BURST, BURST_SECONDS), log or AccessLog()
        headers = HEADERS | (_TLS_ONLY if exposure.tls else {})
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; anything but HTTP goes through, which is only the start and the end."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._application(scope, receive, send)
            return
        note, begun, status = scope.setdefault(NOTE, Note()), time.perf_counter(), 0

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                ours = {name for name, _ in self._headers}
                theirs = [pair for pair in message.get("headers", []) if pair[0] not in ours]
                message["headers"] = [*theirs, *self._headers]
            await send(message)

        try:
            if refusal := self._refusal(scope, note):
                note.event = refusal.event
                await _refuse(sent, refusal)
            else:
                await self._answered(scope, _counted(receive), sent)
        finally:
            seconds = time.perf_counter() - begun
            self._log.write(_now(), scope["method"], scope["path"], status, seconds, note)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The application's answer. What went wrong is told by its kind and place: its words may hold texts."""
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._application(scope, receive, sent)
        except Exception as error:  # noqa: BLE001  the last one who can keep texts out of the server's output
            scope[NOTE].event = f"fault {type(error).__name__}"
            print(f"review desk: {type(error).__name__} in {_place(error)}", file=sys.stderr)
            if not begun:
                await _refuse(sent, Refusal(500, "Something went wrong. Nothing was kept.", scope[NOTE].event))

    def _refusal(self, scope: Scope, note: Note) -> Refusal | None:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        peer = plain((scope.get("client") or ("unknown", 0))[0])
        note.address = peer
        if self._exposure.tls:
            if peer not in self._exposure.proxies:
                return Refusal(403, "This desk is reached by its proxy only.", "not the proxy")
            note.address = plain(headers.get("x-forwarded-for", "").rpartition(",")[2].strip(), peer)
            if headers.get("x-forwarded-proto", "") != "https":
                return Refusal(403, "This desk is reached by https only.", "not https")
        key = network(note.address)
        if wait := self._rates.wait(key):
            return Refusal(429, "Too many requests. Wait a little.", "too many requests", wait)
        self._rates.spend(key)
        return self._named(headers) or _shaped(scope["method"], headers) or self._from_elsewhere(scope, headers)

    def _named(self, headers: dict[str, str]) -> Refusal | None:
        if _name(headers.get("host", "")) in self._exposure.hosts:
            return None
        return Refusal(421, "This desk is not known under that name.", "another name")

    def _from_elsewhere(self, scope: Scope, headers: dict[str, str]) -> Refusal | None:
        """Pages of elsewhere may lead here by a link, and do nothing else: no form, no frame, no picture, no script."""
        own = f"{'https' if self._exposure.tls else 'http'}://{headers.get('host', '')}"
        ours = headers.get("sec-fetch-site", "same-origin") in ("same-origin", "none")
        link = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
        if scope["method"] == "POST":
            ours, link = ours and headers.get("origin", own) == own, False
        return None if ours or link else Refusal(403, "This request came from elsewhere.", "from elsewhere")


def _shaped(method: str, headers: dict[str, str]) -> Refusal | None:
    """Only what browsers send to a page with forms: a length before the body, and a body only where there is a form."""
    length = headers.get("content-length", "" if method == "POST" else "0")
    if method not in ("GET", "HEAD", "POST"):
        return Refusal(405, "Not allowed.", "method")
    if "transfer-encoding" in headers or not (length.isascii() and length.isdecimal()):
        return Refusal(411, "The length is missing.", "no length")
    if len(length) > 9 or int(length) > (LARGEST if method == "POST" else 0):
        return Refusal(413, "Too long.", "too long")
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    if method == "POST" and kind not in _FORMS:
        return Refusal(415, "Not a form.", "not a form")
    return None


def _counted(receive: Receive) -> Receive:
    """The same, for no more bytes than a form may have, whatever its headers say."""
    left = LARGEST

    async def counted() -> Message:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return counted


async def _refuse(send: Send, refusal: Refusal) -> None:
    """Answer without the application; the connection ends, so that nothing more of the request is read."""
    text = refusal.text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close")]
    headers.append((b"content-length", str(len(text)).encode()))
    if refusal.wait:
        headers.append((b"retry-after", str(int(refusal.wait) + 1).encode()))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


def _name(host: str) -> str:
    """The host without its port."""
    return (host.rpartition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]).lower()


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else "the server"


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
