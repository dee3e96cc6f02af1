"""A binary stream seen through a buffer: searched forward, dropped behind, positions counted in bytes of the stream."""

from __future__ import annotations

import re
from typing import Protocol

from wild_aieval.benchmarks.office.report import RecordError

CHUNK = 1 << 20


class Stream(Protocol):
    """What can be read."""

    def read(self, size: int = ..., /) -> bytes:
        """At most ``size`` bytes, none at the end."""
        ...


class Window:
    """Bytes of ``stream`` from ``base`` on; all positions are indices into ``data``.

    Where the stream cannot be read on it ends, and ``fault`` says why.
    """

    def __init__(self, stream: Stream) -> None:
        self.data = bytearray()
        self.base = 0
        self.ended = False
        self.fault: RecordError | None = None
        self._stream = stream

    def fill(self) -> bool:
        """Read some more; False at the end."""
        if not self.ended:
            chunk = self._read()
            self.data += chunk
            self.ended = not chunk
        return not self.ended

    def _read(self) -> bytes:
        try:
            return self._stream.read(CHUNK)
        except RecordError as fault:
            self.fault = fault
            return b""

    def ensure(self, size: int) -> None:
        """Have ``size`` bytes where the stream has them."""
        while len(self.data) < size and self.fill():
            pass

    def drop(self, size: int) -> None:
        """Forget the first ``size`` bytes."""
        del self.data[:size]
        self.base += size

    def match(self, pattern: re.Pattern[bytes], start: int, limit: int) -> re.Match[bytes] | None:
        """The match at ``start``, reading as far as needed; None where there is none within ``limit`` more bytes."""
        while True:
            match = pattern.match(self.data, start)
            if match or len(self.data) > start + limit or not self.fill():
                return match or pattern.match(self.data, start)

    def find(self, pattern: re.Pattern[bytes], start: int, limit: int, overlap: int = 256) -> re.Match[bytes] | None:
        """The first match from ``start`` on, reading as far as needed, but holding no more than ``limit`` bytes.

        A match that touches the end of the buffer is looked at again with more bytes. None: not there, or not
        within the limit (``ended`` says which).
        """
        while True:
            match = pattern.search(self.data, start)
            if match and (match.end() < len(self.data) or self.ended):
                return match
            start = match.start() if match else max(start, len(self.data) - overlap)
            if len(self.data) > limit or not self.fill():
                return pattern.search(self.data, start) if self.ended else None
