"""Imported results in MLflow: a run for each, with figures and where they came from, without items."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from wild_aieval.addresses import absolute
from wild_aieval.confidentiality import leaving
from wild_aieval.errors import UserError
from wild_aieval.records import provenance
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.reports.results import Result
from wild_aieval.tracking import board, content, superseded
from wild_aieval.tracking.opening import TrackingError, at_work, experiment_id, open_store
from wild_aieval.tracking.store import discard, readable

EXPERIMENT, BUNDLE = "wild-aieval", "wae.bundle"


def log_imported(folders: Sequence[Path], uri: str | None) -> list[str]:
    """Log every result of imported run folders that the store does not have; the names of those that were.

    Raises TrackingError whatever goes wrong with MLflow; the folders stay as they are.
    """
    address = absolute(uri)
    try:
        mlflow = open_store(address)
        with at_work():
            return [name for folder in folders for name in _log_folder(mlflow, address, folder)]
    except (UserError, TrackingError):
        raise
    except Exception as error:
        raise TrackingError(readable(address, error)) from error


def _log_folder(mlflow: Any, uri: str, folder: Path) -> list[str]:
    told = provenance.read(folder)
    if told is None:
        raise UserError(
            f"{folder}: not imported from a bundle. Log runs of this office with: python -m wild_aieval log"
        )
    summary = RunFolder(folder).read_json(SUMMARY)
    results = [Result(leaving.entry(entry), summary["runspec"], (), (), ()) for entry in summary["results"]]
    return [name for result in results if (name := _log(mlflow, uri, folder, result, told))]


def _log(mlflow: Any, uri: str, folder: Path, result: Result, told: dict[str, Any]) -> str:
    """The name of the run, '' where the store has it, whole."""
    client = mlflow.MlflowClient()
    experiment = experiment_id(mlflow, uri, f"{EXPERIMENT}/{result.entry['task']}")
    origin = f"{told['office']}:{told['origin'][:40]}:{result.entry['benchmark']}"
    for run in superseded.runs_of(client, experiment, origin):
        if run.data.tags.get(BUNDLE) == told["bundle"]:
            if run.info.status == "FINISHED":
                superseded.mark(client, experiment, origin, run.info.run_id)  # had the process gone away before that
                return ""
            discard(mlflow, client, run.info.run_id)  # half logged when the store or the process went away
    mlflow.set_experiment(experiment_id=experiment)
    model = board.logged_model_id(mlflow, uri, experiment, result)
    begun, ended = content.milliseconds(result)
    name = f"{result.title} · {told['office']}"
    tags = content.tags(result) | {
        superseded.ORIGIN: origin,
        "wae.measured_by": str(told["office"]),
        BUNDLE: str(told["bundle"]),
        "wae.signed_by": str(told["signed_by"]),
        "wae.exported": str(told["created"]),
        "wae.imported": str(told["imported"]),
    }
    run_id = str(client.create_run(experiment, start_time=begun, tags=tags, run_name=name).info.run_id)
    with mlflow.start_run(run_id=run_id):
        dataset = board.log_dataset(mlflow, uri, result, model)
        mlflow.log_artifacts(str(folder))
        sentence = f"Measured by {told['office']}; imported from a signed bundle on {told['imported'][:10]}. No items."
        note = {"mlflow.note.content": content.description(result, sentence)}
        board.log_words_and_numbers(client, run_id, result, model, dataset, note)
    client.set_terminated(run_id, end_time=ended)
    superseded.mark(client, experiment, origin, run_id)
    return name
