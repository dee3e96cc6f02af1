"""Score and flag a run again from its journal; the candidate is not called."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wild_aieval.benchmarks.load import Benchmark
    from wild_aieval.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run folder."""
    parser.add_argument("run_folder", type=Path, help="a run folder with runspec.json and journal.jsonl")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Derive tables, summary and report anew and say what changed; MLflow is left as it is (see ``log``)."""
    import json

    from wild_aieval import __version__, derive, selection
    from wild_aieval import settings as schema
    from wild_aieval.confidentiality import leaving
    from wild_aieval.records import changes, versions
    from wild_aieval.records.run_folder import RUNSPEC, SUMMARY, RunFolder
    from wild_aieval.reports.rescored import print_changes
    from wild_aieval.session import finish

    folder = RunFolder(arguments.run_folder)
    versions.refuse_others(folder)
    spec = folder.read_json(RUNSPEC)
    settings = selection.as_measured(schema.read_record(spec["settings"], RUNSPEC), spec["benchmarks"])
    settings = settings.model_copy(update={"tracking": schema.Tracking(name="none")})
    with folder.locked():
        before = folder.read_json(SUMMARY) if (folder.path / SUMMARY).is_file() else None
        summary = derive.results(settings, folder, _measured(settings), spec["model"])
        changed = changes.changed_figures(before, summary) if before else []
        if before:
            changes.remember(folder, before, __version__, changed)
    changed = leaving.changes(changed, summary["results"])
    code = finish(settings, folder, summary, "nothing" if arguments.json else "tables")
    if arguments.json:
        print(json.dumps({**leaving.summary(summary), "changes": changed}, ensure_ascii=False, indent=1))
    else:
        print_changes(changed)
    return code


def _measured(settings: Settings) -> list[Benchmark]:
    """The benchmarks of the run; whether they fit the candidate was settled when it was asked."""
    from wild_aieval.benchmarks import catalogue
    from wild_aieval.benchmarks.load import load
    from wild_aieval.paths import starter_benchmarks

    entries = catalogue.scan([starter_benchmarks(), *settings.benchmark_roots])
    return [load(entry) for entry in catalogue.select(entries, settings.benchmark)]
