"""What the floor candidates reach on a benchmark: below it a tool is worth nothing."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from wild_aieval import settings as schema
from wild_aieval.benchmarks.catalogue import Entry
from wild_aieval.benchmarks.checks.describe import smallest_difference
from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.errors import UserError
from wild_aieval.evaluate import evaluate
from wild_aieval.metrics.headline import PER_HUNDRED, headline
from wild_aieval.paths import conf_dir, runs_dir
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports.headline import written
from wild_aieval.selection import misfit
from wild_aieval.settings import Settings

# The trivial candidate of each task, then the plain one that a serious tool should beat.
FLOORS = {
    "classification": ("majority", "tfidf"),
    "translation": ("copy-source",),
    "search": ("random-ranking", "bm25"),
}


def measured(benchmark: Benchmark, entry: Entry, progress: bool = True) -> list[dict[str, Any]]:
    """The results of the floors of its task, as in ``summary.json``; a floor that does not fit is left out.

    They are kept under ``runs/floors`` by the digest of the benchmark, so that the next call asks nothing anew.
    """
    found = []
    for model in FLOORS[benchmark.identity.task]:
        settings = _settings(model, entry, progress)
        if misfit(settings.model, benchmark.manifest) is not None:
            continue
        folder = RunFolder(runs_dir() / "floors" / benchmark.identity.digest[:16] / model)
        try:
            found += evaluate(settings, folder)["results"]
        except UserError as error:
            print(f"the floor {model} could not be measured: {error}", file=sys.stderr)
    return found


def facts(benchmark: Benchmark, entry: Entry, progress: bool = True) -> dict[str, Any]:
    """The floors' main figures and the smallest difference that the benchmark can show, as plain data."""
    results = [_figure(result) for result in measured(benchmark, entry, progress)]
    return {"floors": results, "smallest_difference": dataclasses.asdict(smallest_difference(benchmark))}


def _figure(result: Mapping[str, Any]) -> dict[str, Any]:
    name = headline(result["task"], result["measures"])[0]
    return {"model": result["model"], "measure": name, **result["measures"][name]}


def lines(found: Mapping[str, Any]) -> list[str]:
    """The same in words, one sentence a line."""
    told = [f"floor {one['model']}: {one['measure']} {written(one['measure'], one)}" for one in found["floors"]]
    if not told:
        told = ["No floor fits this benchmark (a classification benchmark needs a training part for it)."]
    return [*told, smallest_in_words(found["smallest_difference"])]


def smallest_in_words(found: Mapping[str, Any]) -> str:
    """What the set can tell apart, as a sentence."""
    many = f"{found['units']:,} {found['unit'].removesuffix('s') if found['units'] == 1 else found['unit']}"
    if found["value"] is None:
        return f"{many} are too few to tell two systems apart by {found['measure']}."
    points = found["measure"] in PER_HUNDRED
    size = f"{found['value']:.1f} points" if points else f"{100 * found['value']:.1f} percentage points"
    return (
        f"Smallest difference that {many} show with 80 % power: about {size} of {found['measure']} "
        f"(assuming that {found['assumed']}; {found['method']})."
    )


def _settings(model: str, entry: Entry, progress: bool) -> Settings:
    def option(group: str, name: str) -> dict[str, Any]:
        return dict(yaml.safe_load((conf_dir() / group / f"{name}.yaml").read_text(encoding="utf-8")))

    root = entry.path.parent.parent
    return schema.read(
        {
            "model": option("model", model),
            "oversight": option("oversight", "default"),
            "tracking": option("tracking", "none"),
            "inference": option("inference", "local"),
            "benchmark": [entry.name],
            "benchmark_roots": [str(root)],
            "progress": progress,
        }
    )


def entry_of(folder: Path) -> Entry:
    """A benchmark folder as an entry of the catalogue; UserError where it stands under no folder of a task."""
    folder = folder.resolve()
    if folder.is_file():
        folder = folder.parent
    return Entry(f"{folder.parent.name}/{folder.name}", folder)
