"""What the scripts of ``make perf`` share: CPU seconds of commands and of functions, interleaved, and their record.

CPU is user and system time with children; commands are measured one by one, so what else runs on the machine counts
little. Figures are compared within one run only: rounds go through all cases in turn.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import NamedTuple

from recording import record

HARNESS = [sys.executable, "-m", "wild_aieval"]
DATA = Path(os.environ.get("WILD_AIEVAL_REAL_DATA", "../shared/data"))


class Spent(NamedTuple):
    """CPU and wall seconds, and the peak of resident memory in MB (0 where it was not looked at)."""

    cpu: float
    wall: float
    peak: float = 0.0


def command(words: Sequence[str], environment: Mapping[str, str] | None = None) -> Spent:
    """Run a command to its end; RuntimeError with the end of its output where it fails."""
    begun = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            list(words), stdout=said, stderr=subprocess.STDOUT, env={**os.environ, **(environment or {})}
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begun
        if child.returncode:
            said.seek(0)
            end = said.read().decode(errors="replace")[-2000:]
            raise RuntimeError(f"{' '.join(words)[:200]} ended with {child.returncode}:\n{end}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


def function(work: Callable[[], object]) -> Spent:
    """CPU of all threads of this process while ``work`` runs."""
    begun, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(time.process_time() - cpu, time.perf_counter() - begun)


def interleaved(cases: Mapping[str, Callable[[], Spent]], rounds: int) -> dict[str, list[Spent]]:
    """Each case once in a round, in order; a case's figures stand in the order of the rounds."""
    found: dict[str, list[Spent]] = {name: [] for name in cases}
    for number in range(rounds):
        for name, case in cases.items():
            found[name].append(case())
            print(
                f"  round {number + 1} of {rounds}: {name}: {found[name][-1].cpu:.3f} s CPU",
                file=sys.stderr,
                flush=True,
            )
    return found


def ratios(found: Mapping[str, Sequence[Spent]], name: str, base: str) -> list[float]:
    """CPU of one case over that of another, round by round."""
    return [one.cpu / other.cpu for one, other in zip(found[name], found[base], strict=True)]


@dataclass(frozen=True)
class Row:
    """A figure in all rounds, and what it should reach. ``note``: what a reader must know beside it."""

    what: str
    values: list[float]
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def median(self) -> float:
        """The figure that is held against the goal."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """None where there is no goal."""
        if self.at_most is None and self.at_least is None:
            return None
        return (self.at_most is None or self.median <= self.at_most) and (
            self.at_least is None or self.median >= self.at_least
        )


@dataclass
class Sheet:
    """The figures of one script."""

    name: str
    what: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(
        self,
        what: str,
        values: Sequence[float] | float,
        unit: str,
        at_most: float | None = None,
        at_least: float | None = None,
        note: str = "",
    ) -> None:
        """Add a row and show it."""
        listed = [float(v) for v in values] if isinstance(values, Sequence) else [float(values)]
        row = Row(what, listed, unit, at_most, at_least, note)
        self.rows.append(row)
        goal = f"at most {at_most:g}" if at_most is not None else f"at least {at_least:g}" if at_least else ""
        verdict = {True: "reached", False: "NOT reached", None: ""}[row.reached]
        print(
            f"{what:60} {row.median:10.4g} {unit:10} ({min(listed):.4g} to {max(listed):.4g})  {goal} {verdict}",
            flush=True,
        )

    def remark(self, text: str) -> None:
        """A sentence below the table: what was not measured and why, what a figure rests on."""
        self.remarks.append(text)
        print(f"  note: {text}", flush=True)

    def write(self, arguments: argparse.Namespace) -> None:
        """Store the figures where ``--record`` says."""
        if arguments.record:
            record(
                arguments.record, self.what, f"python perf/{self.name}.py", {}, self.remarks,
                rows=[asdict(row) for row in self.rows],
            )  # fmt: skip


def arguments(about: str, **defaults: object) -> argparse.Namespace:
    """The options that all scripts have, and integer ones named by ``defaults``."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--smoke", action="store_true", help="smallest sizes, one round: shows only that it runs")
    parser.add_argument("--record", type=Path, help="write the figures into this JSON file")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path(os.environ.get("WILD_AIEVAL_PEERS", ".peers")),
        help="folder with an environment for each of the tools compared with (perf/peers.py)",
    )
    for name, value in defaults.items():
        parser.add_argument(f"--{name}", type=type(value), default=value)
    return parser.parse_args()


def peer(arguments: argparse.Namespace, name: str) -> str | None:
    """The Python of a peer's environment; None where it was not made or a smoke run needs none."""
    python = (arguments.peers / name / "bin" / "python").absolute()
    return str(python) if python.exists() and not arguments.smoke else None
