"""A command watched from outside: memory of all its processes, seconds at given moments, and a limit that holds.

Memory is read from ``/proc`` ten times a second. Anonymous pages are what a process has made; resident ones are these
and the pages of mapped files that are in memory just now, which the system takes back when it needs them. The limit is
one of a control group (version 1): pages of mapped files and of the page cache count in it.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

_BASE = Path("/sys/fs/cgroup/memory")
_TICKS = os.sysconf("SC_CLK_TCK")


class Moment(NamedTuple):
    """Seconds since an arbitrary begin, and CPU seconds of all processes so far."""

    wall: float
    cpu: float


@dataclass
class Seen:
    """What was seen; memory in MB (10^6 bytes)."""

    status: int = 0
    said: str = ""
    anonymous: float = 0.0
    resident: float = 0.0
    limit: float = 0.0
    highest: float = 0.0
    moments: dict[str, Moment] = field(default_factory=dict)


class Group:
    """A control group below our own, with so many GiB; none where it cannot be made (``limit`` is 0 then)."""

    def __init__(self, gib: float) -> None:
        self._bytes, self._place, self.limit = int(gib * 2**30), Path(), 0.0

    def __enter__(self) -> Group:
        own = [
            line.split(":", 2)[2] for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line
        ]
        with suppress(OSError, IndexError):
            place = _BASE / own[0].strip("/") / f"large-{os.getpid()}"
            place.mkdir()
            self._place = place
            (place / "memory.limit_in_bytes").write_text(str(self._bytes))
            self.limit = self._bytes / 1e6
        if not self.limit:
            print("no control group can be made here: the run has no limit", flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        if self._place.name:
            with suppress(OSError):
                self._place.rmdir()

    def enter(self) -> None:
        """For a child before it becomes another program."""
        if self.limit:
            (self._place / "cgroup.procs").write_text(str(os.getpid()))

    def highest(self) -> float:
        """What was used at most, in MB."""
        return int((self._place / "memory.max_usage_in_bytes").read_text()) / 1e6 if self.limit else 0.0


def watched(words: Sequence[str], environment: Mapping[str, str], group: Group, marks: Mapping[str, Path]) -> Seen:
    """Run a command; ``marks``: moments at which a file is there and not empty."""
    seen = Seen(limit=group.limit)
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            list(words), env=dict(environment), stdout=subprocess.DEVNULL, stderr=said, preexec_fn=group.enter
        )
        seen.moments["begin"], before = Moment(time.monotonic(), 0.0), _children()
        while child.poll() is None:
            _look(child.pid, seen, marks)
            time.sleep(0.1)
        for name in (*marks, "end"):
            seen.moments.setdefault(name, Moment(time.monotonic(), _children() - before))
        said.seek(0)
        seen.status, seen.said, seen.highest = child.returncode, said.read().decode(errors="replace"), group.highest()
    return seen


def _children() -> float:
    """CPU seconds of the processes that ended so far."""
    used = os.times()
    return used.children_user + used.children_system


def _look(pid: int, seen: Seen, marks: Mapping[str, Path]) -> None:
    anonymous = resident = cpu = 0.0
    for process in _tree(pid):
        with suppress(OSError, ValueError, KeyError, IndexError):
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
            told = dict(line.split(":", 1) for line in lines if ":" in line)
            anonymous += int(told["RssAnon"].split()[0]) * 1024 / 1e6
            resident += int(told["VmRSS"].split()[0]) * 1024 / 1e6
            times = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            cpu += sum(map(int, times[11:15])) / _TICKS
    seen.anonymous, seen.resident = max(seen.anonymous, anonymous), max(seen.resident, resident)
    for name, file in marks.items():
        if name not in seen.moments and file.is_file() and file.stat().st_size:
            seen.moments[name] = Moment(time.monotonic(), cpu)


def _tree(pid: int) -> list[int]:
    found = [pid]
    for process in found:
        with suppress(OSError):
            for task in Path(f"/proc/{process}/task").iterdir():
                found.extend(map(int, (task / "children").read_text().split()))
    return found
