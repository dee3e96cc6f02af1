"""A comparison from start to file: read the runs, compare each benchmark, say it in words, write the folder."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wild_aieval import __version__
from wild_aieval.comparison import sentences
from wild_aieval.comparison.pairs import Question, answers, compare
from wild_aieval.comparison.systems import read
from wild_aieval.records.run_folder import COMPARISON, SCHEMA_VERSION, RunFolder


def compare_runs(
    runs: Iterable[tuple[str, Path]], question: Question, language: str = "en", pool: bool = False
) -> dict[str, Any]:
    """Every benchmark that two of the runs measured and that has what is asked for, as ``comparison.json`` holds it.

    ``runs``: what the user named a run, and its folder; ``pool``: parts of a benchmark in different offices are one.
    Raises UserError where runs cannot be compared.
    """
    by_benchmark = read(runs, pool)
    chosen = [name for name, systems in sorted(by_benchmark.items()) if answers(systems, question)]
    # Where the question fits no benchmark, the first one says what there is instead.
    groups = [compare(benchmark, by_benchmark[benchmark], question) for benchmark in chosen or sorted(by_benchmark)]
    speak = sentences.speaker(language)
    for group in groups:
        group["sentence"] = speak.benchmark(group)
        for pair in group["pairs"]:
            pair["sentence"] = speak.pair(group, pair)
    return {
        "schema_version": SCHEMA_VERSION,
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "wild_aieval": __version__,
        "language": language,
        "benchmarks": groups,
        "mlflow_run_id": None,
    }


def write(folder: Path, comparison: Mapping[str, Any]) -> Path:
    """Write ``comparison.json`` and ``report.html``; returns the page."""
    from wild_aieval.reports.comparison_page import write as write_page

    place = RunFolder(folder)
    place.create()
    place.write_json(COMPARISON, comparison)
    return write_page(place, comparison)
