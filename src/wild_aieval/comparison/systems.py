"""What is compared: the results of finished runs, read from run folders, by benchmark."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics, provenance, salting
from wild_aieval.records.item_statistics import ItemStatistics
from wild_aieval.records.run_folder import SUMMARY, RunFolder


@dataclass(frozen=True, slots=True)
class System:
    """A candidate's result on one benchmark: its entry of ``summary.json`` as it may leave, its per-item statistics.

    ``name`` tells it from the other systems of the comparison; ``run`` is its folder as the user named it. With
    ``has_texts`` the ids of its items lead to their texts; they are salted where a run of another office is among those
    that are compared.
    """

    name: str
    run: str
    folder: RunFolder
    entry: Mapping[str, Any]
    statistics: ItemStatistics
    has_texts: bool = True


def folders_of(path: Path) -> list[Path]:
    """The run folder itself, or the finished runs of a sweep's folder."""
    if (path / SUMMARY).is_file():
        return [path]
    found = sorted(file.parent for file in path.glob(f"*/{SUMMARY}"))
    if not found:
        problem = "there is no such folder" if not path.is_dir() else f"no {SUMMARY} in it or one level below"
        raise UserError(
            f"{path}: {problem}, so it is no finished run and no sweep of some. Name run folders such as "
            "runs/2026-11-22/10-30-00, a folder of 'python -m wild_aieval -m …', or MLflow run ids."
        )
    return found


def read(runs: Iterable[tuple[str, Path]], pool: bool = False, only: str = "") -> dict[str, list[System]]:
    """Systems by benchmark, in the order given; ``runs``: what the user named it, and its folder.

    ``pool``: runs of one candidate on different parts of a benchmark are one system. ``only``: this benchmark. What
    another office kept of its items is left out. UserError where a folder is damaged or no benchmark has two systems.
    """
    from wild_aieval.comparison.pooling import pooled

    named = list(runs)
    imported = [provenance.read(path) is not None for _, path in named]
    by_benchmark: dict[str, list[System]] = {}
    kept: list[str] = []
    for (run, path), elsewhere in zip(named, imported, strict=True):
        folder = RunFolder(path)
        results, statistics = folder.read_json(SUMMARY)["results"], item_statistics.read(folder)
        for entry in (leaving.entry(result) for result in results if only in ("", result["benchmark"])):
            if elsewhere and entry["benchmark"] not in statistics:
                kept.append(f"{path}: {entry['benchmark']}")
                continue
            found = _of(folder, statistics, entry["benchmark"])
            if any(imported) and not elsewhere:  # then only salted keys are the same
                found, entry = salting.salted(found, entry["digest"]), salting.shown(entry)
            system = System(entry["model"], run, folder, entry, found, not any(imported))
            by_benchmark.setdefault(entry["benchmark"], []).append(system)
    if pool:
        by_benchmark = {name: pooled(name, systems) for name, systems in by_benchmark.items()}
    several = {name: _told_apart(systems) for name, systems in by_benchmark.items() if len(systems) > 1}
    told = [
        f"{one} is of a class that keeps what items got in its office, so its figures can be looked at (results board) "
        "and not compared item by item."
        for one in kept
    ]
    if told and not several:
        raise UserError(told[0])
    for note in told:
        print(f"notice: {note}", file=sys.stderr)
    if not several:
        measured = "; ".join(f"{name}: {systems[0].run}" for name, systems in sorted(by_benchmark.items()))
        raise UserError(
            f"nothing can be compared: no benchmark was measured by two of these runs ({measured}). Name runs of two "
            "candidates on the same benchmark."
        )
    return several


def _of(folder: RunFolder, statistics: Mapping[str, ItemStatistics], benchmark: str) -> ItemStatistics:
    if benchmark not in statistics:
        raise UserError(
            f"{folder.path / item_statistics.FILE}: holds nothing of {benchmark}. Write it again with: "
            f"python -m wild_aieval rescore {folder.path}"
        )
    return statistics[benchmark]


def _told_apart(systems: Sequence[System]) -> list[System]:
    """Names that occur once; runs of the same candidate are numbered."""
    total, seen = Counter(system.name for system in systems), Counter[str]()
    named = []
    for system in systems:
        seen[system.name] += 1
        name = system.name if total[system.name] == 1 else f"{system.name} ({seen[system.name]})"
        named.append(replace(system, name=name))
    return named
