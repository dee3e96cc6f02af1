"""Arrays in one file that is written once, whole or not at all, and mapped into memory when it is read.

What a large collection is searched by (postings, say) lies in such files in the cache. They are written piece by
piece, so that nothing of their size is in memory, and published by a rename. A checksum of each array, and one
of their description, is held against the bytes when the file is opened: what is damaged or cut off is as if it were not
there, and is made again.
"""

from __future__ import annotations

import json
import math
import mmap
import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from filelock import FileLock
from numpy.typing import NDArray

_MAGIC = b"WAEARRY2"
_HEADER = struct.Struct("<8sQQ")  # magic, bytes of the description that follows, and its checksum
_DESCRIPTION = 4096  # bytes kept free for both
_ALIGNED = 64
_PIECE = 1 << 22  # bytes read at once

Array = NDArray[Any]


class Writer:
    """Arrays of one dimension whose types and lengths are known beforehand; each is filled from its beginning on.

    ``with Writer(file, {"rows": ("<i4", 10)}) as writer: writer.add("rows", part)``. Without an error the file is
    there afterwards, readable by its owner only. OSError where the disk has no room. One at a time (``alone``).
    """

    def __init__(self, file: Path, arrays: Mapping[str, tuple[str, int]]) -> None:
        self._file = file
        self._partial = file.with_name(f"{file.name}.part")  # what a killed process left of it is written over
        self._about: dict[str, dict[str, Any]] = {}
        self._places: dict[str, int] = {}
        end = _DESCRIPTION
        for name, (kind, length) in arrays.items():
            self._about[name] = {"kind": kind, "length": length, "start": end, "crc": 0}
            self._places[name] = end
            end = _aligned(end + np.dtype(kind).itemsize * length)
        self._end = end

    def __enter__(self) -> Writer:
        self._handle = os.open(self._partial, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.fchmod(self._handle, 0o600)
            os.ftruncate(self._handle, 0)
            reserve(self._handle, self._end)
        except BaseException:
            self._drop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if error is not None:
            self._drop()
            return
        try:
            self._publish()
        except BaseException:
            with suppress(OSError):
                self._drop()
            raise

    def add(self, name: str, part: Array) -> None:
        """The next numbers of an array."""
        about = self._about[name]
        raw = as_bytes(np.ascontiguousarray(part, dtype=about["kind"]))
        write_at(self._handle, raw, self._places[name])
        self._places[name] += len(raw)
        about["crc"] = zlib.crc32(raw, about["crc"])

    def _publish(self) -> None:
        for name, about in self._about.items():
            if self._places[name] != about["start"] + np.dtype(about["kind"]).itemsize * about["length"]:
                raise ValueError(f"'{name}' was not filled")
        text = json.dumps({"end": self._end, "arrays": self._about}).encode()
        if _HEADER.size + len(text) > _DESCRIPTION:
            raise ValueError("too many arrays")
        write_at(self._handle, memoryview(_HEADER.pack(_MAGIC, len(text), zlib.crc32(text)) + text), 0)
        os.fsync(self._handle)
        os.close(self._handle)
        self._partial.replace(self._file)

    def _drop(self) -> None:
        with suppress(OSError):
            os.close(self._handle)
        with suppress(OSError):
            self._partial.unlink(missing_ok=True)


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """One process at a time makes a file; the others wait, and then find it. OSError where there is no room."""
    for place in (file.parent.parent, file.parent):  # the rights count for the last folder of a path only
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with FileLock(f"{file}.lock", mode=0o600):
        yield


def opened(file: Path) -> dict[str, Array] | None:
    """The arrays of a file, mapped and not writable; None where there is no file, or not a whole one."""
    try:
        with file.open("rb") as stream:
            magic, length, crc = _HEADER.unpack(stream.read(_HEADER.size))
            if magic != _MAGIC or length > _DESCRIPTION:
                return None
            text = stream.read(length)
            if zlib.crc32(text) != crc:
                return None
            told = json.loads(text)
            if os.fstat(stream.fileno()).st_size != told["end"]:
                return None
            if not all(_whole(stream.fileno(), about) for about in told["arrays"].values()):
                return None
            mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError, KeyError, TypeError, struct.error):
        return None
    return {
        name: np.frombuffer(mapped, about["kind"], about["length"], about["start"])
        for name, about in told["arrays"].items()
    }


def _whole(handle: int, about: Mapping[str, Any]) -> bool:
    start, crc = about["start"], 0
    end = start + np.dtype(about["kind"]).itemsize * about["length"]
    while start < end:
        piece = os.pread(handle, min(_PIECE, end - start), start)
        if not piece:
            return False
        crc = zlib.crc32(piece, crc)
        start += len(piece)
    return crc == int(about["crc"])


def as_bytes(array: Array) -> memoryview:
    """The bytes of a contiguous array."""
    return array.reshape(-1).view(np.uint8).data


def write_at(handle: int, raw: memoryview, place: int) -> None:
    """All bytes at a place of an open file; OSError as it comes."""
    while raw:
        written = os.pwrite(handle, raw, place)
        raw, place = raw[written:], place + written


def reserve(handle: int, size: int) -> None:
    """Room for a file of so many bytes, so that a full disk shows before the work; OSError where there is none."""
    if size and hasattr(os, "posix_fallocate"):
        os.posix_fallocate(handle, 0, size)
    else:
        os.ftruncate(handle, size)


def _aligned(place: int) -> int:
    return math.ceil(place / _ALIGNED) * _ALIGNED
