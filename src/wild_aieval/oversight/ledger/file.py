"""A ledger in files: JSON Lines that are only appended to, one writer at a time, safe before ``append`` returns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from wild_aieval import durable
from wild_aieval.errors import UserError
from wild_aieval.oversight.ledger import retention, segments
from wild_aieval.oversight.ledger.chain import Broken, Chain, Clock, line, utc_now
from wild_aieval.oversight.ledger.events import Entry, Event

_PATIENCE = 30.0  # seconds that a writer waits for another one


class FileLedger:
    """The ledger that begins in the file ``path``. Several processes may hold it open; each append takes turns."""

    def __init__(self, path: Path, clock: Clock = utc_now) -> None:
        self.path = path.absolute()
        self._clock = clock
        self._segment_first = 0
        self._restart()

    def append(self, kind: str, actor: str, role: str, payload: Mapping[str, Any]) -> Event:
        """Add one event and wait until the disk has it."""
        return self.append_many([Entry(kind, actor, role, payload)])[0]

    def append_many(self, entries: Iterable[Entry]) -> list[Event]:
        """Add several events in one write with one wait: all of them, or UserError and none."""
        wanted = list(entries)
        if not wanted:
            return []
        with self._turn():
            self._catch_up(cut=True)
            return self._added(wanted)

    def events(self) -> Iterator[Event]:
        """All events that are kept, in order; each line is held against the chain."""
        last = self.head[0]
        chain = Chain()
        for number in segments.existing(self.path):
            file = segments.segment(self.path, number)
            for where, raw in segments.whole_lines(file.read_bytes(), file):
                if chain.seq >= last:
                    return
                yield self._read(chain, raw, where)

    @property
    def head(self) -> tuple[int, str]:
        """Number and hash of the last event."""
        self.refresh()
        return self._chain.seq, self._chain.head

    @property
    def chain(self) -> Chain:
        """Where the ledger stands, who has decided what included, after ``refresh``."""
        return self._chain

    def refresh(self) -> None:
        """Read what other processes have appended."""
        if not self.path.parent.is_dir():
            return
        with self._turn():
            self._catch_up(cut=False)

    def seal(self, actor: str, role: str = "administrator") -> Event:
        """Close the file in use with an event that names its head; the next event begins the next file."""
        with self._turn():
            self._catch_up(cut=True)
            if not self._offset:
                raise UserError(f"{self._file}: there is nothing to seal. Events come first.")
            payload = {"first": self._segment_first, "last": self._chain.seq, "head": self._chain.head}
            return self._added([Entry("segment.sealed", actor, role, payload)])[0]

    def retire(self, months: int, actor: str, archive: Path | None = None) -> list[Path]:
        """Move sealed files whose last event is older than so many months to ``archive``, or destroy them.

        An event says so first and keeps the head of each, from which the chain holds on.
        """
        retention.check(months, archive)
        with self._turn():
            self._catch_up(cut=True)
            old = retention.older(self.path, self._number, retention.months_before(self._clock(), months))
            how = "archived" if archive else "destroyed"
            wanted = [one for one in old if one.head not in self._chain.retired]
            if wanted:
                self._added([Entry("segment.retired", actor, "administrator", one.payload(how)) for one in wanted])
            for one in old:
                retention.put_away(one.file, archive)
        return [one.file for one in old]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One process at a time; a folder that cannot be written needs no turns."""
        from filelock import FileLock, Timeout

        lock = FileLock(self.path.with_name(f".{self.path.name}.lock"))
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock.acquire(timeout=_PATIENCE)
        except Timeout:
            raise UserError(
                f"{self.path}: another process has been writing for {_PATIENCE:.0f} s. Wait for it, or end it."
            ) from None
        except OSError:
            yield  # read-only: reading is right without a lock, and a write says itself why it fails
            return
        try:
            yield
        finally:
            lock.release()

    def _added(self, wanted: list[Entry]) -> list[Event]:
        now = self._clock()
        try:
            made = [self._chain.next(entry, now) for entry in wanted]
            content = b"".join(map(line, made))
            self._write(content)
        except BaseException:
            self._restart()  # the chain has gone ahead of the file: read it again when it is needed
            raise
        self._offset += len(content)
        self._lines += len(made)
        self._segment_first = self._segment_first or made[0].seq
        self._after(made[-1])
        return made

    def _write(self, content: bytes) -> None:
        """Write and sync; what got there of a write that fails is taken back."""
        fresh = not self._file.exists()
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise self._cannot(error) from None
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            _sync(descriptor)
        except OSError as error:
            _take_back(descriptor, self._offset)
            raise self._cannot(error) from None
        finally:
            os.close(descriptor)
        if fresh:
            durable.sync_folder(self._file.parent)

    def _cannot(self, error: OSError) -> UserError:
        return UserError(
            f"{self._file}: nothing was appended ({error.strerror}). What was appended before is kept. Make room or "
            "mend the folder's rights, then do the same again."
        )

    def _restart(self) -> None:
        self._chain = Chain()
        numbers = segments.existing(self.path)
        self._begin(numbers[0] if numbers else 1)

    def _begin(self, number: int) -> None:
        self._number, self._file = number, segments.segment(self.path, number)
        self._offset, self._lines = 0, 0
        self._segment_first = 0  # number of its first event, 0 while it has none

    def _after(self, event: Event) -> None:
        if self._lines and event.kind == "segment.sealed":
            self._begin(self._number + 1)

    def _catch_up(self, cut: bool) -> None:
        """Read what is new in the files; ``cut``: a torn end is put aside, for a write is to follow."""
        before = None
        while before != self._number:
            before = self._number
            self._catch_up_file(cut)
        try:
            self._chain.complete(str(self._file))
        except Broken as broken:
            raise _refused(broken) from None

    def _catch_up_file(self, cut: bool) -> None:
        if not self._file.exists():
            if self._offset:
                raise UserError(f"{self._file}: the file has gone while the ledger was open. Restore it from a backup.")
            return
        content = self._unread()
        whole = content.rfind(b"\n") + 1
        event = None
        for where, raw in segments.whole_lines(content, self._file, self._lines + 1):
            event = self._read(self._chain, raw, where)
            self._segment_first = self._segment_first or event.seq
        if event:
            self._offset += whole
            self._lines += content.count(b"\n")
        if cut and whole < len(content):
            _put_aside(self._file, self._offset, content[whole:], self._clock)
        if event:
            self._after(event)

    def _unread(self) -> bytes:
        with self._file.open("rb") as stream:
            if stream.seek(0, os.SEEK_END) < self._offset:
                raise UserError(
                    f"{self._file}: the file has become shorter while the ledger was open: it was changed from "
                    "outside. Restore it from a backup."
                )
            stream.seek(self._offset)
            return stream.read()

    def _read(self, chain: Chain, raw: bytes, where: str) -> Event:
        try:
            return chain.read(raw, where)
        except Broken as broken:
            raise _refused(broken) from None


def _refused(broken: Broken) -> UserError:
    return UserError(
        f"{broken}. Nothing is appended to a broken ledger. Restore it from a backup, or put its files aside as "
        "evidence and begin another; see: python -m wild_aieval review verify"
    )


def _sync(descriptor: int) -> None:
    os.fdatasync(descriptor) if hasattr(os, "fdatasync") else os.fsync(descriptor)


def _take_back(descriptor: int, size: int) -> None:
    """Cut what a failed write left; where even that fails, the torn end is put aside at the next append."""
    try:
        os.ftruncate(descriptor, size)
        _sync(descriptor)
    except OSError as error:
        print(f"warning: a failed write could not be taken back ({error.strerror}).", file=sys.stderr)


def _put_aside(file: Path, size: int, torn: bytes, clock: Clock) -> None:
    """Keep the torn end of a file beside it, then cut it away: it was never acknowledged."""
    kept = file.with_name(f"{file.name}.torn-{clock().strftime('%Y%m%dT%H%M%S%fZ')}")
    try:
        descriptor = os.open(kept, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(torn)
            stream.flush()
            os.fsync(stream.fileno())
        with file.open("r+b") as stream:
            stream.truncate(size)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as error:
        raise UserError(
            f"{file}: its last line is torn and could not be put aside ({error.strerror}). Make room or mend the "
            "folder's rights, then do the same again."
        ) from None
    print(f"note: {file}: a torn last line was cut away; it is kept as {kept.name}.", file=sys.stderr)
