"""A mock endpoint on 127.0.0.1: an HTTP server in a thread of its own, with faults on order."""

from __future__ import annotations

import asyncio
import json
import selectors
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Any

from wild_aieval.testing import routes
from wild_aieval.testing.faults import Faults

if TYPE_CHECKING:
    import ssl

    from aiohttp import web

_HTML = "<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>"
ELSEWHERE = "http://elsewhere.invalid/"


@dataclass(frozen=True, slots=True)
class Asked:
    """One request as it came, and the fault that it met ('' for none)."""

    method: str
    path: str
    body: str
    headers: dict[str, str]
    fault: str


class MockEndpoint:
    """``with MockEndpoint(...) as endpoint: endpoint.url``.

    ``latency``: seconds before every answer; ``delay``: those of the fault of that name; ``retry_after``: the header
    of 429 and 503, '' for none; ``key``: where set, requests need the header ``Authorization: Bearer KEY``.
    ``asked`` lists the requests; ``most_at_once`` is how many were open at a time.
    """

    def __init__(
        self,
        faults: Faults | None = None,
        *,
        port: int = 0,
        latency: float = 0.0,
        delay: float = 0.3,
        retry_after: str = "0",
        key: str = "",
        remember: bool = True,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.faults = faults or Faults()
        self.asked: list[Asked] = []
        self.most_at_once = 0
        self.shelf = routes.Shelf()
        self._port, self._latency, self._delay, self._retry_after = port, latency, delay, retry_after
        self._key, self._remember, self._tls = key, remember, tls
        self._open = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._serve, name="mock-endpoint", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._failure: BaseException | None = None

    @property
    def url(self) -> str:
        """``http://127.0.0.1:PORT``."""
        return f"http{'s' if self._tls else ''}://127.0.0.1:{self._port}"

    def __enter__(self) -> MockEndpoint:
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the server and its connections."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def wait(self) -> None:
        """Serve until the process is interrupted."""
        self._thread.join()

    def _serve(self) -> None:
        try:
            with asyncio.Runner(loop_factory=_precise_loop) as runner:
                runner.run(self._run())
        except OSError as error:
            self._failure = error
        finally:
            self._ready.set()

    async def _run(self) -> None:
        from aiohttp import web

        self._loop = asyncio.get_running_loop()
        server = web.Server(self._handle, access_log=None)
        runner = web.ServerRunner(server, shutdown_timeout=0.1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", self._port, ssl_context=self._tls)
            await site.start()
            self._port = int(runner.addresses[0][1])
            self._ready.set()
            await self._stop.wait()
        finally:
            await runner.cleanup()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        text = (await request.read()).decode("utf-8", "replace") or json.dumps(dict(request.query))
        fault = self.faults.next(text)
        if self._remember:
            self.asked.append(Asked(request.method, request.path, text, dict(request.headers), fault))
        self._open += 1
        self.most_at_once = max(self.most_at_once, self._open)
        try:
            await asyncio.sleep(self._latency + (self._delay if fault == "delay" else 0.0))
            return await self._answer(request, text, fault)
        finally:
            self._open -= 1

    async def _answer(self, request: web.BaseRequest, text: str, fault: str) -> web.StreamResponse:
        from aiohttp import web

        if fault in _SPOILT:
            spoil = _SPOILT[fault]
            return await spoil(request)
        if fault.isdecimal():
            headers = {"Retry-After": self._retry_after} if fault in ("429", "503") and self._retry_after else {}
            return _json(int(fault), {"error": f"mock fault {fault}"}, headers)
        if self._key and request.headers.get("Authorization") != f"Bearer {self._key}":
            return _json(401, {"error": f"wrong key: {request.headers.get('Authorization', 'none')}"})
        status, body = self._good(request, text)
        if fault in _BENT:
            body = _BENT[fault](body)
        if fault == "nan":
            return _json(status, text=json.dumps({**body, "confidence": float("nan")}))
        if fault == "wrong_type":
            return web.Response(status=status, text=json.dumps(body), content_type="text/plain")
        return _json(status, body)

    def _good(self, request: web.BaseRequest, text: str) -> tuple[int, Any]:
        try:
            route = routes.ROUTES.get(request.path)
            if route is not None:
                return 200, route(json.loads(text), self.shelf)
            return routes.engine(request.method, request.path, text, self.shelf) or (404, {"error": "no such path"})
        except (ValueError, KeyError, TypeError) as error:
            return 400, {"error": f"the request cannot be read: {type(error).__name__} {error}"}


def _precise_loop() -> asyncio.AbstractEventLoop:
    """Timers to the microsecond; the usual selector of Linux rounds up to milliseconds, which a latency would show."""
    return asyncio.SelectorEventLoop(selectors.SelectSelector())


def _json(
    status: int, body: Any = None, headers: dict[str, str] | None = None, text: str | None = None
) -> web.StreamResponse:
    from aiohttp import web

    content = json.dumps(body) if text is None else text
    return web.Response(status=status, text=content, content_type="application/json", headers=headers)


async def _reset(request: web.BaseRequest) -> web.StreamResponse:
    from aiohttp import web

    _abort(request)
    return web.Response()


async def _hang(request: web.BaseRequest) -> web.StreamResponse:
    from aiohttp import web

    await asyncio.sleep(3600)
    return web.Response()


async def _truncated(request: web.BaseRequest) -> web.StreamResponse:
    from aiohttp import web

    response = web.StreamResponse(headers={"Content-Length": "4000", "Content-Type": "application/json"})
    await response.prepare(request)
    await response.write(b'{"predictions": [{"symbol": "A01')
    await asyncio.sleep(0.01)  # so that the beginning is on its way before the connection breaks
    _abort(request)
    return response


async def _html(request: web.BaseRequest) -> web.StreamResponse:
    from aiohttp import web

    return web.Response(text=_HTML, content_type="text/html")


async def _malformed(request: web.BaseRequest) -> web.StreamResponse:
    return _json(200, text='{"predictions": [{"symbol": "A01B", "score": 0.9}, {"symb')


async def _redirect(request: web.BaseRequest) -> web.StreamResponse:
    return _json(307, {}, {"Location": ELSEWHERE})


def _abort(request: web.BaseRequest) -> None:
    transport: Any = request.transport
    if transport is not None:
        transport.abort()


_SPOILT: dict[str, Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]] = {
    "reset": _reset,
    "hang": _hang,
    "truncated": _truncated,
    "html": _html,
    "malformed": _malformed,
    "redirect": _redirect,
}


def _lists(body: Any, change: Callable[[list[Any]], list[Any]]) -> Any:
    """The same answer with its first list of entries changed; lists of texts count too."""
    for name, value in body.items():
        if isinstance(value, list) and len(value) > 1:
            return {**body, name: change(value)}
    return body


def _renamed(entries: list[Any]) -> list[Any]:
    first = entries[0]
    return [{**first, "id": "nobody"} if isinstance(first, dict) else first, *entries[1:]]


_BENT: dict[str, Callable[[Any], Any]] = {
    "wrong_order": lambda body: _lists(body, lambda entries: entries[::-1]),
    "wrong_count": lambda body: _lists(body, lambda entries: entries[:-1]),
    "unknown_id": lambda body: _lists(body, _renamed),
    "other_fields": lambda body: {"status": "done"},
}
