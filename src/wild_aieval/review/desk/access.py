"""The access log of a desk: who did what when, without texts, tokens or anything that was typed.

A line has the pseudonym of who is signed in, or the client's address where nobody is, never both: the log shall not tie
a pseudonym to a machine. It is readable by its owner only and keeps its last 10 MB.
"""

from __future__ import annotations

import json
import logging
import logging.handlers
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BYTES, _OLDER = 2_000_000, 4
_PLACES = re.compile(
    r"/|/(?:queue|item)/\d{1,6}(?:/first|/decision)?|/(?:sign-in|sign-out|language|symbols|close)|/assets/desk\.\w{2,3}"
)


@dataclass(slots=True)
class Note:
    """What is known of a request. ``event``: what happened beside the status, such as a wrong token."""

    address: str = ""
    person: str = ""
    event: str = ""


class _Private(logging.handlers.RotatingFileHandler):
    """Files that only their owner can read, from their first byte."""

    def _open(self) -> Any:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the name is logging's
        """A full disk stops no reviewer: what counts is in the ledger."""


class AccessLog:
    """Writes a line for each request. Without ``file`` it writes nothing."""

    def __init__(self, file: Path | None = None, **always: str) -> None:
        self._always, self._handler = always, None
        if file is not None:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._handler = _Private(file, maxBytes=_BYTES, backupCount=_OLDER, encoding="utf-8")

    def write(self, time: str, method: str, path: str, status: int, seconds: float, note: Note) -> None:
        """One request. A path that the desk does not have may hold anything, and is not written."""
        if self._handler is None:
            return
        line = {"time": time, **self._always, "method": method if method.isalpha() and len(method) < 9 else "other"}
        line |= {"path": path if _PLACES.fullmatch(path) else "elsewhere", "status": str(status)}
        line |= {"ms": f"{seconds * 1000:.0f}"}
        line |= {"who": note.person} if note.person else {"from": note.address}
        line |= {"event": note.event} if note.event else {}
        self._handler.handle(logging.makeLogRecord({"msg": json.dumps(line), "levelno": logging.INFO}))

    def close(self) -> None:
        """Close the file."""
        if self._handler is not None:
            self._handler.close()
