"""What a program writes on standard error: its last lines for messages, all of it in a bounded log, never a secret."""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock

_LAST_LINES = 6
_LAST_CHARACTERS = 600
_LOG_BYTES = 2**20
_SHORTEST_SECRET = 6
_HIDDEN = "***"


class Mask:
    """Hides values in text, also as they stand in JSON. Values under six characters (``2``, ``en``) are no secrets,
    and hiding them would spoil every text.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        long = {value for value in values if len(value) >= _SHORTEST_SECRET}
        written = {
            form
            for value in long
            for form in (value, *(json.dumps(value, ensure_ascii=a)[1:-1] for a in (False, True)))
        }
        self._hidden = sorted(written, key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """The text with ``***`` in the place of every secret."""
        for value in self._hidden:
            text = text.replace(value, _HIDDEN)
        return text


class ErrorOutput:
    """The last lines of standard error, and a log file that never grows beyond twice ``_LOG_BYTES``."""

    def __init__(self, path: Path, mask: Mask) -> None:
        self._path, self._mask = path, mask
        self._lines: deque[str] = deque(maxlen=_LAST_LINES)
        self._lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)

    def take(self, raw: bytes) -> None:
        """Keep one line."""
        line = self._mask(raw.decode("utf-8", "replace").rstrip())
        with self._lock:
            if line.strip():
                self._lines.append(line)
            with suppress(OSError):  # a log that cannot be written must not stop the run
                self._write(line)

    def last(self) -> str:
        """The last lines as one, shortened at the front."""
        with self._lock:
            return " | ".join(self._lines)[-_LAST_CHARACTERS:]

    def _write(self, line: str) -> None:
        if self._path.is_file() and self._path.stat().st_size > _LOG_BYTES:
            self._path.replace(self._path.with_suffix(".older.log"))
        # It may quote confidential texts: for its owner's eyes only.
        with open(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as stream:  # noqa: PTH123
            stream.write(line.encode("utf-8") + b"\n")
