"""Vectors of a whole corpus on disk, in float16 and in the corpus's order, mapped into memory when they are searched.

One file for a way of computing vectors and a sequence of texts. It has its full size from the beginning and is filled
from there on. A vector counts as there when its checksum is right: after a crash, or where bytes were damaged, what is
missing is computed, and nothing else. One process at a time fills a file.
"""

from __future__ import annotations

import hashlib
import itertools
import mmap
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.errors import UserError
from wild_aieval.models.embeddings.segments import Keys, Vectors
from wild_aieval.models.search.array_file import alone, as_bytes, reserve, write_at

Halves = NDArray[np.float16]
Rows = NDArray[np.int64]
Compute = Callable[[list[str]], Vectors]

SUFFIX = ".corpus"
_MAGIC = b"WAEHALF1"
_HEADER = struct.Struct("<8sQQ")  # magic, texts, dimension
_ALIGNED = 64
_BLOCK = 16_384  # texts; a process that is killed loses so many vectors at most


class Held(NamedTuple):
    """Vectors of shape (texts, dimension), mapped, and the file that they are in."""

    vectors: Halves
    file: Path


class Work(NamedTuple):
    """How vectors are made: of a list of texts, float32; ``advance`` is told how many are done."""

    owner: str
    compute: Compute
    advance: Callable[[int], None]


def keys_of(texts: Iterable[str]) -> Keys:
    """Shape (texts, 2): 128 bits of each text."""
    raw = bytearray()
    for text in texts:
        raw += hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
    return np.frombuffer(bytes(raw), dtype="<u8").reshape(-1, 2)


def filled(folder: Path, keys: Keys, texts: Callable[[], Iterable[str]], work: Work) -> Held:
    """The vectors of these texts; what is not in the folder is computed.

    ``texts()``: those of ``keys``, in order, as often as it is called. Equal texts are computed once. UserError where
    the disk has no room, or a vector has no place in float16.
    """
    if not len(keys):
        return Held(np.zeros((0, 1), dtype=np.float16), folder)
    file = folder / f"{hashlib.blake2b(keys.data, digest_size=16).hexdigest()}{SUFFIX}"
    try:
        with alone(file):
            found = _opened(file, keys)
            missing = _missing(found, len(keys))
            if missing.any():
                _fill(file, keys, texts, missing, work)
                found = _opened(file, keys)
    except OSError as error:
        raise UserError(
            f"{work.owner}: the vectors of the corpus could not be written to {folder}, or its texts could not "
            f"be read ({error}). Make room there, if that is it (2 bytes for each number of each of {len(keys):,} "
            "vectors), set WILD_AIEVAL_RUNS to a folder on another disk, or model.vectors=memory."
        ) from None
    if found is None or _missing(found, len(keys)).any():
        raise UserError(f"{work.owner}: {file} was written and reads otherwise. Look at the disk, or delete the file.")
    return Held(found.vectors, file)


class _Mapped(NamedTuple):
    sums: NDArray[np.uint32]
    vectors: Halves


def _opened(file: Path, keys: Keys) -> _Mapped | None:
    """What is in the file; None where it is not one for these texts."""
    try:
        with file.open("rb") as stream:
            magic, texts, dimension = _HEADER.unpack(stream.read(_HEADER.size))
            start = _start(texts)
            right = (magic, texts, os.fstat(stream.fileno()).st_size) == (
                _MAGIC,
                len(keys),
                start + 2 * texts * dimension,
            )
            if not right:
                return None
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (FileNotFoundError, ValueError, struct.error):
        return None
    sums = np.frombuffer(mapped, "<u4", texts, _HEADER.size)
    return _Mapped(sums, np.frombuffer(mapped, "<f2", texts * dimension, start).reshape(texts, dimension))


def _start(texts: int) -> int:
    return -(-(_HEADER.size + 4 * texts) // _ALIGNED) * _ALIGNED


def _sums(vectors: Halves) -> NDArray[np.uint32]:
    return np.fromiter((zlib.crc32(row) for row in vectors), dtype="<u4", count=len(vectors))


def _missing(found: _Mapped | None, texts: int) -> NDArray[np.bool_]:
    """Rows whose vector is not there, or damaged; read block by block."""
    if found is None:
        return np.ones(texts, dtype=np.bool_)
    missing = np.empty(texts, dtype=np.bool_)
    for block in _blocks(texts):
        missing[block] = _sums(found.vectors[block]) != found.sums[block]
    return missing


def _blocks(texts: int) -> Iterator[slice]:
    return (slice(start, min(start + _BLOCK, texts)) for start in range(0, texts, _BLOCK))


def _firsts(keys: Keys) -> Rows:
    """For each row the first one with the same text."""
    order = np.lexsort((keys[:, 1], keys[:, 0]))  # stable, so that the first row of each text comes first
    begins = np.ones(len(keys), dtype=np.bool_)
    begins[1:] = (keys[order[1:]] != keys[order[:-1]]).any(axis=1)
    found = np.empty(len(keys), dtype=np.int64)
    found[order] = order[np.flatnonzero(begins)[np.cumsum(begins) - 1]]
    return found


def _fill(file: Path, keys: Keys, texts: Callable[[], Iterable[str]], missing: NDArray[np.bool_], work: Work) -> None:
    firsts = _firsts(keys)
    wanted = np.zeros(len(keys), dtype=np.bool_)
    wanted[firsts[missing]] = True
    wanted &= missing
    work.advance(len(keys) - int(wanted.sum()))
    target = _Target(file, len(keys))
    try:
        rows: list[int] = []
        block: list[str] = []
        for row, (text, asked) in enumerate(zip(texts(), wanted, strict=True)):
            if asked:
                rows.append(row)
                block.append(text)
            if len(rows) == _BLOCK or (rows and row == len(keys) - 1):
                target.put(np.array(rows), _halved(work.compute(block), work.owner))
                work.advance(len(rows))
                rows, block = [], []
        repeated = np.flatnonzero(missing & ~wanted)
        for part in _blocks(len(repeated)):
            target.put(repeated[part], target.get(firsts[repeated[part]]))
    finally:
        target.close()


def _halved(vectors: Vectors, owner: str) -> Halves:
    with np.errstate(over="ignore"):
        found = vectors.astype("<f2")
    if not np.isfinite(found).all():
        raise UserError(
            f"{owner}: a vector holds {float(np.abs(vectors).max()):g}, which float16 (at most 65504) cannot hold. Set "
            "model.normalise=true, or model.vectors=memory, which keeps float32."
        )
    return found


class _Target:
    """The file, open to be filled; made when the first vector says how long vectors are."""

    def __init__(self, file: Path, texts: int) -> None:
        self._texts = texts
        self._handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        self._width = 0

    def close(self) -> None:
        os.close(self._handle)

    def put(self, rows: Rows, vectors: Halves) -> None:
        """Vectors first, then their checksums."""
        if not self._width:
            self._begin(vectors.shape[1])
        start, sums = _start(self._texts), _sums(vectors)
        for first, last in _together(rows):
            write_at(self._handle, as_bytes(vectors[first:last]), start + 2 * self._width * int(rows[first]))
            write_at(self._handle, as_bytes(sums[first:last]), _HEADER.size + 4 * int(rows[first]))

    def get(self, rows: Rows) -> Halves:
        """Vectors that are there."""
        if not self._width:
            self._width = int(_HEADER.unpack(os.pread(self._handle, _HEADER.size, 0))[2])
        size, start = 2 * self._width, _start(self._texts)
        raw = b"".join(os.pread(self._handle, size, start + size * row) for row in rows.tolist())
        return np.frombuffer(raw, dtype="<f2").reshape(len(rows), self._width)

    def _begin(self, width: int) -> None:
        self._width = width
        header = _HEADER.pack(_MAGIC, self._texts, width)
        size = _start(self._texts) + 2 * self._texts * width
        if os.pread(self._handle, _HEADER.size, 0) != header or os.fstat(self._handle).st_size != size:
            os.ftruncate(self._handle, 0)
            reserve(self._handle, size)
            write_at(self._handle, memoryview(header), 0)


def _together(rows: Rows) -> Iterator[tuple[int, int]]:
    """Stretches of rows that follow each other."""
    cuts = [0, *(np.flatnonzero(np.diff(rows) != 1) + 1).tolist(), len(rows)]
    return itertools.pairwise(cuts)
