"""What 'doctor' looks at: a function for each matter, each giving findings; nothing heavy is imported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

Mark = Literal["ok", "look", "broken"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line. ``mark``: ok, look (it may cost time or comfort) or broken (runs will fail); ``remedy``: what to do."""

    about: str
    mark: Mark
    text: str
    remedy: str = ""

    def as_dict(self) -> dict[str, str]:
        """Plain data for ``--json``."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Place:
    """What is examined: where runs go, the store, further benchmarks, a user's own model files."""

    runs: Path
    uri: str
    roots: tuple[Path, ...] = ()
    own: Path | None = None


Check = Callable[[Place], Iterator[Finding]]


def examine(place: Place) -> list[Finding]:
    """All checks, those that wait for others at the same time; a check that fails itself is a finding."""
    from wild_aieval.operations.checks import data, disk, machine, network, packages

    checks: list[Check] = [
        packages.python,
        packages.installed,
        packages.extras,
        machine.threads,
        machine.memory,
        machine.accelerators,
        machine.programs,
        machine.clock,
        disk.room,
        disk.speed,
        disk.locks,
        disk.rights,
        network.mlflow,
        network.hub,
        network.endpoints,
        data.benchmarks,
        data.leftovers,
        data.caches,
    ]
    with ThreadPoolExecutor(len(checks)) as pool:
        return [found for findings in pool.map(lambda check: _guarded(check, place), checks) for found in findings]


def _guarded(check: Check, place: Place) -> list[Finding]:
    begun = time.monotonic()
    try:
        return list(check(place))
    except Exception as error:  # noqa: BLE001  whatever a machine has in store, the other checks are told
        seconds = time.monotonic() - begun
        text = f"could not be looked at after {seconds:.1f} s ({type(error).__name__}: {error})"
        return [Finding(check.__name__, "look", text, "Look at it by hand.")]
