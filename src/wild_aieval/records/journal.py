"""The journal: one JSON line per answer, appended and synced batch by batch, never rewritten.

A process that is killed loses at most the batch in work. A torn last line (power loss in the middle
of a write) is cut off when the journal is opened again. Answers are found again by key only, so
another model, another revision or an edited item never meets an old answer.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from wild_aieval import schema_version
from wild_aieval.errors import UserError

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer: ``status`` is ok (then ``output`` is plain data) or error (then ``error`` says why).

    ``seconds``: time of the batch divided by its size; ``usage``: what the adapter measured of this answer. The
    ``output`` of an error is the text that could not be read as an answer, where there was one.
    """

    key: str
    benchmark: str
    item_id: str
    status: str
    output: Any
    error: str | None
    seconds: float
    usage: dict[str, Any] | None = None
    schema_version: int = SCHEMA_VERSION


_FIELDS = tuple(field.name for field in fields(Entry))


class Journal:
    """Open for appending; entries of earlier processes are in ``known`` by key (the last one counts)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.known: dict[str, Entry] = {entry.key: entry for entry in read(path)}
        _cut_torn_tail(path)
        self._stream: IO[bytes] = path.open("ab", buffering=0)  # nothing is left to flush when the disk is full

    def answered(self, key: str) -> bool:
        """Whether an answer is there; an error is none, for its cause may have gone."""
        entry = self.known.get(key)
        return entry is not None and entry.status == "ok"

    def append(self, entries: Iterable[Entry]) -> None:
        """Write a batch in one call and wait until the disk has it."""
        batch = list(entries)
        lines = [json.dumps(_plain(entry), ensure_ascii=False, separators=(",", ":")) + "\n" for entry in batch]
        try:
            content = memoryview("".join(lines).encode("utf-8", "replace"))
            while content:
                content = content[self._stream.write(content) :]
            os.fdatasync(self._stream.fileno()) if hasattr(os, "fdatasync") else os.fsync(self._stream.fileno())
        except OSError as error:
            raise UserError(
                f"{self._path}: cannot be written ({error.strerror}). What was answered before is kept. Make room or "
                f"mend the folder's rights, then continue with: python -m wild_aieval resume {self._path.parent}"
            ) from None
        self.known.update((entry.key, entry) for entry in batch)
        errors = sum(entry.status == "error" for entry in batch)
        about = {"benchmark": batch[0].benchmark if batch else "", "facts": {"answers": len(batch), "errors": errors}}
        logging.getLogger(__name__).debug("answers journalled", extra=about)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


def _plain(entry: Entry) -> dict[str, Any]:
    """Shallow: ``asdict`` copies every list of an output, which takes longer than writing it."""
    return {name: getattr(entry, name) for name in _FIELDS}


def unfit(output: Any) -> str | None:
    """Why an output cannot be recorded as plain data (NaN, broken Unicode, foreign objects), or None when it can."""
    try:
        json.dumps(output, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except (ValueError, TypeError, RecursionError) as error:
        return f"the answer is no plain data: {error}"
    return None


def read(path: Path) -> Iterable[Entry]:
    """Entries of a journal; a torn last line is left out, any other damage is a UserError."""
    if not path.exists():
        return
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if not raw.endswith(b"\n"):
                return
            yield _entry(raw, f"{path}, line {number}")


def _entry(raw: bytes, where: str) -> Entry:
    try:
        found: Mapping[str, Any] = json.loads(raw)
        schema_version.check(found["schema_version"], SCHEMA_VERSION, where)
        entry = Entry(**{name: value for name, value in found.items() if name in _FIELDS})
        if not all(isinstance(text, str) for text in (entry.key, entry.benchmark, entry.item_id)):
            raise ValueError("its key, benchmark or item_id is no text")
        if entry.status not in ("ok", "error"):
            raise ValueError(f"its status is {str(entry.status)[:40]!r}, neither ok nor error")
        if type(entry.seconds) not in (int, float) or not isinstance(entry.usage, dict | None):
            raise ValueError("its seconds or usage are no measurements")
        return entry
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise UserError(
            f"{where}: not an entry of a journal ({error}). The file was changed from outside; restore it from a "
            "backup, or delete this line to have its item asked again."
        ) from None


def _cut_torn_tail(path: Path) -> None:
    if not path.exists():
        return
    content = path.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        with path.open("r+b") as stream:
            stream.truncate(whole)
