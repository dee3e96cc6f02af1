"""A server that sends what it is told, byte by byte, whatever HTTP says."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterable
from types import TracebackType

Script = Callable[["RawServer"], Iterable[bytes]]


def _whole(data: bytes) -> bool:
    """Whether a request has come with all of its body; what is not read would make the end of the answer a reset."""
    head, mark, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return bool(mark) and len(body) >= (int(length.group(1)) if length else 0)


class RawServer:
    """``with RawServer(script) as server: server.url``; each connection is sent what ``script(server)`` yields.

    ``asked``: the head of each request as it came. ``sent``: bytes that went out.
    """

    def __init__(self, script: Script) -> None:
        self._script = script
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.asked: list[str] = []
        self.sent = 0
        self.ended = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> RawServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ended.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _accept(self) -> None:
        while not self.ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            data = b""
            while not _whole(data) and (more := connection.recv(65536)):
                data += more
            self.asked.append(data.partition(b"\r\n\r\n")[0].decode("latin-1"))
            for part in self._script(self):
                if self.ended.is_set():
                    return
                connection.sendall(part)
                self.sent += len(part)
