"""Vectors on disk: files that are written once, whole or not at all, and mapped into memory when they are read.

A file holds, for a number of texts, their keys (16 bytes each), a checksum of each vector, and the vectors. It is
published by a rename, so that no process sees half of one; two processes that write at the same time write two files.
A file that is not whole is as if it were not there, and so is a vector whose checksum is wrong.
"""

from __future__ import annotations

import mmap
import os
import struct
import uuid
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Keys = NDArray[np.uint64]  # shape (texts, 2)
Rows = NDArray[np.int64]

SUFFIX = ".vectors"
_MAGIC = b"WAVECTS1"
_HEADER = struct.Struct("<8sQQ")  # magic, texts, dimension
_ALIGNED = 64


class Segment:
    """One file: which keys it holds, and their vectors."""

    def __init__(self, file: Path, keys: Keys, sums: NDArray[np.uint32], vectors: Vectors) -> None:
        self.file = file
        self.keys = keys
        self.vectors = vectors
        self._sums = sums
        self._order = np.argsort(keys[:, 0], kind="stable")
        self._sorted = keys[self._order, 0]

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, keys: Keys) -> Rows:
        """The row of each key whose vector is whole, else -1."""
        if not len(self):
            return np.full(len(keys), -1, dtype=np.int64)
        places = np.minimum(np.searchsorted(self._sorted, keys[:, 0]), len(self) - 1)
        rows: Rows = self._order[places].astype(np.int64)
        rows[(self.keys[rows] != keys).any(axis=1)] = -1
        for place in np.flatnonzero(rows >= 0):
            if zlib.crc32(self.vectors[rows[place]]) != self._sums[rows[place]]:
                rows[place] = -1
        return rows


def read(folder: Path, dimension: int | None = None) -> list[Segment]:
    """The segments of a folder, oldest first; what is damaged, or of another dimension than most, is left out."""
    try:
        files = sorted(folder.glob(f"*{SUFFIX}"), key=lambda file: (file.stat().st_mtime_ns, file.name))
    except OSError:  # a file that another process has just merged
        files = sorted(folder.glob(f"*{SUFFIX}"))
    found = [segment for file in files if (segment := _open(file)) is not None]
    wide = dimension or (found[-1].vectors.shape[1] if found else 0)
    return [segment for segment in found if segment.vectors.shape[1] == wide]


def _open(file: Path) -> Segment | None:
    try:
        with file.open("rb") as stream:
            header = stream.read(_HEADER.size)
            magic, texts, dimension = _HEADER.unpack(header)
            start = _start(texts)
            whole = magic == _MAGIC and os.fstat(stream.fileno()).st_size == start + 4 * texts * dimension
            if not whole or not texts:
                return None
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, struct.error):
        return None
    keys = np.frombuffer(mapped, "<u8", 2 * texts, _HEADER.size).reshape(texts, 2)
    sums = np.frombuffer(mapped, "<u4", texts, _HEADER.size + 16 * texts)
    vectors = np.frombuffer(mapped, "<f4", texts * dimension, start).reshape(texts, dimension)
    return Segment(file, keys, sums, vectors)


def _start(texts: int) -> int:
    """Where the vectors begin."""
    return -(-(_HEADER.size + 20 * texts) // _ALIGNED) * _ALIGNED


def write(folder: Path, keys: Keys, vectors: Vectors) -> Segment | None:
    """Publish a segment, readable by its owner only, for vectors tell about texts; None where there is no room."""
    name = uuid.uuid4().hex
    partial, file = folder / f"{name}.part", folder / f"{name}{SUFFIX}"
    kept = np.ascontiguousarray(vectors, dtype="<f4")
    sums = np.fromiter((zlib.crc32(row) for row in kept), dtype="<u4", count=len(kept))
    try:
        for place in (folder.parent, folder):  # the rights count for the last folder of a path only
            place.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
            stream.write(_HEADER.pack(_MAGIC, len(kept), kept.shape[1]))
            stream.write(np.ascontiguousarray(keys, dtype="<u8").data)
            stream.write(sums.data)
            stream.write(bytes(_start(len(kept)) - stream.tell()))
            stream.write(kept.data)
        partial.replace(file)
    except OSError:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        return None
    return _open(file)


def merge(folder: Path, parts: Sequence[Segment]) -> Segment | None:
    """One segment with what is whole in ``parts``, whose files go; None where that was not possible."""
    chosen = []
    for number, part in enumerate(parts):
        rows = part.find(part.keys)
        newer = np.zeros(len(part), dtype=bool)
        for later in parts[number + 1 :]:
            newer |= later.find(part.keys) >= 0
        chosen.append(np.flatnonzero((rows >= 0) & ~newer))
    keys = np.concatenate([part.keys[rows] for part, rows in zip(parts, chosen, strict=True)])
    if not len(keys):
        return None
    made = write(folder, keys, np.concatenate([part.vectors[rows] for part, rows in zip(parts, chosen, strict=True)]))
    if made is not None:
        for part in parts:
            with suppress(OSError):
                part.file.unlink(missing_ok=True)
    return made
