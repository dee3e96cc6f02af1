"""The journal: one JSON line per answer, appended and synced batch by batch, never rewritten.

A process that is killed loses at most the batch in work. A torn last line (power loss in the middle
of a write) is cut off when the journal is opened again. Answers are found again by key only, so
another model, another revision or an edited item never meets an old answer.
"""

from __future__ import annotations

import json
import logging
import os
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from wild_aieval import durable, schema_version
from wild_aieval.errors import UserError
from wild_aieval.packed import Keys

SCHEMA_VERSION = 1
_TAIL = 1 << 16


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
    """Open for appending; a torn last line of an earlier process is cut off."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.before = Answers(path)
        _cut_torn_tail(path)
        fresh = not path.exists()
        self._stream: IO[bytes] = path.open("ab", buffering=0)  # nothing is left to flush when the disk is full
        if fresh:
            durable.sync_folder(path.parent)

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
        errors = sum(entry.status == "error" for entry in batch)
        about = {"benchmark": batch[0].benchmark if batch else "", "facts": {"answers": len(batch), "errors": errors}}
        logging.getLogger(__name__).debug("answers journalled", extra=about)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()


class Answers:
    """The entries of a journal by key, the last one of each; only where they stand is kept in memory.

    Raises:
        UserError: for a line that is damaged, when the journal is opened.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        places = array("q")
        answered = bytearray()

        def keys() -> Iterator[str]:
            for place, entry in _lines(path):
                places.append(place)
                answered.append(entry.status == "ok")
                yield entry.key

        found = Keys(keys()).array[::-1]  # of equal keys the first one is found: the last one that was written
        self._keys, first = np.unique(found, return_index=True)
        self._places = np.array(places, dtype=np.int64)[::-1][first]
        self._answered = np.array(answered, dtype=np.bool_)[::-1][first]

    def __len__(self) -> int:
        return len(self._keys)

    def known(self, keys: Keys) -> NDArray[np.bool_]:
        """For each key whether there is an entry."""
        return self._find(keys)[1]

    def answered(self, keys: Keys) -> NDArray[np.bool_]:
        """For each key whether an answer is there; an error is none, for its cause may have gone."""
        numbers, known = self._find(keys)
        known[known] = self._answered[numbers[known]]
        return known

    def entries(self, keys: Keys) -> Iterator[Entry]:
        """The entries of keys that are known, in the order of the keys."""
        places = self._places[self._find(keys)[0]]
        with self._path.open("rb") as stream:
            for place in places.tolist():
                stream.seek(place)
                yield _entry(stream.readline(), f"{self._path}, byte {place}")

    def _find(self, keys: Keys) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        if not len(self._keys):
            return np.zeros(len(keys), dtype=np.int64), np.zeros(len(keys), dtype=np.bool_)
        numbers = np.minimum(np.searchsorted(self._keys, keys.array), len(self._keys) - 1)
        return numbers, np.asarray(self._keys[numbers] == keys.array)


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


def read(path: Path) -> Iterator[Entry]:
    """Entries of a journal; a torn last line is left out, any other damage is a UserError."""
    return (entry for _, entry in _lines(path))


def _lines(path: Path) -> Iterator[tuple[int, Entry]]:
    """Where each entry begins, in bytes, and the entry."""
    if not path.exists():
        return
    place = 0
    with path.open("rb") as stream:
        for number, raw in enumerate(stream, 1):
            if not raw.endswith(b"\n"):
                return
            yield place, _entry(raw, f"{path}, line {number}")
            place += len(raw)


def _entry(raw: bytes, where: str) -> Entry:
    try:
        found: Mapping[str, Any] = json.loads(raw)
        schema_version.check(found["schema_version"], SCHEMA_VERSION, where)
        entry = Entry(**{name: value for name, value in found.items() if name in _FIELDS})
        if not all(isinstance(text, str) for text in (entry.key, entry.benchmark, entry.item_id)):
            raise ValueError("its key, benchmark or item_id is no text")
        entry.key.encode("utf-8")  # half a character is no part of a digest
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
    with path.open("r+b") as stream:
        end = stream.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _TAIL)
            stream.seek(start)
            found = stream.read(end - start).rfind(b"\n")
            if found >= 0:
                stream.truncate(start + found + 1)
                return
            end = start
        stream.truncate(0)
