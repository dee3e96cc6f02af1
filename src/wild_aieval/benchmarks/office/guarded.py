"""Streams out of archives, counted: damage is named, and what expands without end is refused."""

from __future__ import annotations

import io
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

from wild_aieval.benchmarks.office.limits import Limits
from wild_aieval.benchmarks.office.publication import Origin
from wild_aieval.benchmarks.office.report import RecordError
from wild_aieval.benchmarks.office.window import CHUNK, Stream

DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)


class Source(io.RawIOBase):
    """A stream with its first bytes looked at, counting what comes out against what went in."""

    def __init__(self, stream: Stream, origin: Origin, limits: Limits, spent: Callable[[], int] | None = None) -> None:
        self._origin, self._limits, self._spent = origin, limits, spent
        # What can be unpacked before a damaged place is wanted, so no more at a time than comes at once.
        self._some: Callable[[int], bytes] = getattr(stream, "read1", stream.read)
        self._count = 0
        self._head = b""
        self._head = self._exactly(512)
        self.head = self._head

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size and (more := self._checked(size - len(data))):
            data += more
        return data

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes; a chunk for -1.

        Raises:
            RecordError: where the archive is damaged, or expands beyond the limits.
        """
        if self._head:
            size = len(self._head) if size < 0 else size
            data, self._head = self._head[:size], self._head[size:]
            return data
        return self._checked(size if size >= 0 else CHUNK)

    def _checked(self, size: int) -> bytes:
        try:
            data = self._some(size)
        except DAMAGE as error:
            why = str(error).strip() or type(error).__name__
            raise RecordError(self._origin, "damaged or locked archive", f"cannot be unpacked: {why}") from None
        self._count += len(data)
        spent = self._spent() if self._spent else 0
        if self._spent and self._count > max(self._limits.ratio_from, self._limits.ratio * max(1, spent)):
            raise RecordError(
                self._origin,
                "expands too much",
                f"unpacks to more than {self._limits.ratio} times its size, as an archive made to fill a machine does; "
                "unpack it yourself if you trust it",
            )
        return data


@dataclass(slots=True)
class Unpacked:
    """Bytes that have come out of one file so far, archives within it included, and members seen."""

    limits: Limits
    size: int = 0
    members: int = 0

    def room(self, origin: Origin, size: int) -> None:
        """Count a member of ``size`` bytes.

        Raises:
            RecordError: where there are too many, or too much comes out.
        """
        self.size += size
        self.members += 1
        if self.members > self.limits.members:
            raise RecordError(origin, "too many members", f"holds more than {self.limits.members:,} members")
        if self.size > self.limits.archive:
            raise RecordError(origin, "archive too large", f"unpacks to more than {self.limits.archive >> 30} GiB")


class Counted(io.RawIOBase):
    """A stream that knows how many bytes were taken from it."""

    def __init__(self, stream: Stream) -> None:
        self._stream, self.count = stream, 0

    def readable(self) -> bool:
        """Always."""
        return True

    def seekable(self) -> bool:
        """Never."""
        return False

    def read(self, size: int = -1, /) -> bytes:
        """At most ``size`` bytes."""
        data = self._stream.read(size)
        self.count += len(data)
        return data
