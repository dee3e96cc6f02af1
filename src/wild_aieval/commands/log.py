"""Log a finished run into MLflow, later or into another store."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The run folder and, if not the run's own, the store."""
    parser.add_argument("run_folder", type=Path, help="a finished run folder")
    parser.add_argument("--uri", help="MLflow store or server (default: that of the run's settings)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Log; a run that is in the store already is not logged twice."""
    from wild_aieval import settings as schema
    from wild_aieval.confidentiality import leaving
    from wild_aieval.errors import UserError
    from wild_aieval.records import provenance
    from wild_aieval.records.run_folder import SUMMARY, RunFolder
    from wild_aieval.tracking.store import TrackingError, log_run

    folder = RunFolder(arguments.run_folder)
    if told := provenance.read(folder.path):
        raise UserError(
            f"{folder.path}: imported from {told['office']}. Log it with: python -m wild_aieval results log"
        )
    recorded = folder.read_json(SUMMARY)["runspec"]["settings"]
    tracking = schema.read_tracking(recorded, str(folder.path / SUMMARY), arguments.uri)
    try:
        summary = log_run(folder, tracking.uri, tracking.experiment, tracking.max_traces)
    except TrackingError as error:
        raise UserError(f"MLflow: {error}") from None
    if arguments.json:
        print(json.dumps(leaving.summary(summary), ensure_ascii=False, indent=1))
        return 0
    for result in summary["results"]:
        print(f"{result['model']} · {result['benchmark']}: MLflow run {result['mlflow_run_id']}")
    return 0
