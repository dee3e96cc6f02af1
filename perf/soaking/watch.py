"""Processes looked at from outside: memory, open files, threads, and what is left of them."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

SECONDS = 5.0  # between two looks
_TICKS = os.sysconf("SC_CLK_TCK")


class Watch(threading.Thread):
    """Looks at every process that was added, until ``close``; ``samples`` by process: seconds, then ``standing``."""

    def __init__(self) -> None:
        super().__init__(name="watch")
        self.samples: dict[int, list[tuple[float, dict[str, float]]]] = {}
        self.names: dict[int, str] = {}
        self.left = 0
        self._over = threading.Event()

    def add(self, pid: int, name: str) -> None:
        """Look at this process from now on."""
        self.samples[pid], self.names[pid] = [], name

    def run(self) -> None:
        """Look every few seconds."""
        while not self._over.wait(SECONDS):
            for pid, found in list(self.samples.items()):
                if facts := standing(pid):
                    found.append((time.time(), facts))

    def close(self) -> None:
        """Stop looking; what still runs or was not waited for is counted in ``left``."""
        self._over.set()
        self.join()
        self.left = sum(_belongs(pid, set(self.samples)) for pid in _processes())

    def as_dict(self) -> dict[str, Any]:
        """CPU seconds by name as last seen, the samples of the process that was never killed, what was left."""
        cpu: Counter[str] = Counter()
        for pid, name in self.names.items():
            cpu[name] += self.samples[pid][-1][1]["cpu"] if self.samples[pid] else 0.0
        steady = next(pid for pid, name in self.names.items() if name == "steady")
        return {"cpu": dict(cpu), "steady": [facts for _, facts in self.samples[steady]], "left": self.left}


def standing(pid: int) -> dict[str, float]:
    """``rss`` (MB), ``files``, ``threads``, ``cpu`` (seconds) of a process; empty where there is none."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        times = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        files = len(list(Path(f"/proc/{pid}/fd").iterdir()))
        rss = int(fields["VmRSS"].split()[0]) / 1024
        cpu = (int(times[11]) + int(times[12])) / _TICKS
        return {"rss": round(rss, 1), "files": files, "threads": int(fields["Threads"]), "cpu": round(cpu, 2)}
    except (OSError, KeyError):
        return {}


def slope(values: Sequence[float]) -> tuple[float, float]:
    """Growth from one value to the next by least squares, and half of its 95 % interval."""
    if len(values) < 4:
        return 0.0, float("inf")
    x, y = np.arange(len(values), dtype=float), np.asarray(values, dtype=float)
    x -= x.mean()
    growth = float(x @ y / (x @ x))
    rest = y - y.mean() - growth * x
    return growth, 1.96 * float(np.sqrt(rest @ rest / (len(x) - 2) / (x @ x)))


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]


def _belongs(pid: int, ours: set[int]) -> bool:
    """Whether a process is one of ours, a child of one, or of a session that one of them opened."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return False
    return pid in ours or bool({int(fields[1]), int(fields[3])} & ours)
