"""An HTTP server before another one, which behaves until a given request and then fails in a chosen way."""

from __future__ import annotations

import http.client
import itertools
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FAULTS = ("gone", "500", "hang", "answer lost")
_NOT_PASSED_ON = ("connection", "keep-alive", "transfer-encoding", "content-length")


class Proxy:
    """``arm(fault, number)``: the request of this number and all after it meet the fault, until ``heal``.

    gone: the port is closed. 500: that status. hang: no answer until ``heal``. answer lost: of this request only, it is
    done and the connection breaks before its answer is sent.
    """

    def __init__(self, port: int) -> None:
        self._behind = port
        self._fault, self._number = "", 0
        self._healed = threading.Event()
        self._server: ThreadingHTTPServer | None = None
        self.port = 0
        self.heal()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def seen(self) -> int:
        """Requests since the last ``arm`` or ``heal``."""
        return self._seen

    def arm(self, fault: str, number: int) -> None:
        self._fault, self._number = fault, number
        self._healed.clear()
        self._count, self._seen = itertools.count(1), 0

    def heal(self) -> None:
        """Behave again, on the same port."""
        self._fault, self._seen, self._count = "", 0, itertools.count(1)
        self._healed.set()
        if self._server is None:
            self._server = _Server(("127.0.0.1", self.port), self._handler())
            self.port = int(self._server.server_address[1])
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def close(self) -> None:
        """Close the port; who is connected is cut off."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()
        self._healed.set()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """One request."""
        number = self._seen = next(self._count)
        fault = self._fault if number >= self._number else ""
        if fault == "answer lost":
            fault = fault if number == self._number else ""
        if fault == "gone":
            self.close()
            return _cut(handler)
        if fault == "hang":
            self._healed.wait(120)
            return _cut(handler)
        if fault == "500":
            return _say(handler, 500, {"Content-Type": "text/html"}, b"<html>Internal Server Error</html>")
        status, headers, body = self._ask(handler)
        return _cut(handler) if fault else _say(handler, status, headers, body)

    def _ask(self, handler: BaseHTTPRequestHandler) -> tuple[int, dict[str, str], bytes]:
        sent = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        link = http.client.HTTPConnection("127.0.0.1", self._behind, timeout=60)
        try:
            named = {name: value for name, value in handler.headers.items() if name.lower() not in _NOT_PASSED_ON}
            named["Host"] = f"127.0.0.1:{self._behind}"
            link.request(handler.command, handler.path, sent or None, named)
            answer = link.getresponse()
            body = answer.read()
        finally:
            link.close()
        return answer.status, {n: v for n, v in answer.getheaders() if n.lower() not in _NOT_PASSED_ON}, body

    def _handler(self) -> Any:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            self.answer(handler)

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *words: Any) -> None:
                pass

        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            setattr(Handler, f"do_{method}", answer)
        return Handler


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that has left is no news here."""


def _say(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _cut(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)
