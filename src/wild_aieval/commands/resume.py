"""Continue an interrupted run: only what the journal does not know is asked."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run folder."""
    parser.add_argument("run_folder", type=Path, help="the folder that the interrupted run named")
    parser.add_argument("--uri", help="MLflow store or server, if the run's has a password: those are not recorded")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Read the settings from ``runspec.json`` and run again in the same folder."""
    from wild_aieval import selection
    from wild_aieval import settings as schema
    from wild_aieval.records.run_folder import RUNSPEC, RunFolder
    from wild_aieval.session import perform

    folder = RunFolder(arguments.run_folder)
    spec = folder.read_json(RUNSPEC)
    settings = selection.as_measured(schema.read(spec["settings"], RUNSPEC), spec["benchmarks"])
    if settings.tracking.name == "mlflow":
        tracking = schema.read_tracking(spec["settings"], str(folder.path / RUNSPEC), arguments.uri)
        settings = settings.model_copy(update={"tracking": tracking})
    return perform(settings, folder, "json" if arguments.json else "tables")
