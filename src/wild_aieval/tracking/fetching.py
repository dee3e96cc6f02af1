"""Runs of a store as run folders, so that they are compared as those on disk are."""

from __future__ import annotations

import re
from pathlib import Path

from wild_aieval.addresses import absolute, redacted
from wild_aieval.errors import UserError
from wild_aieval.records import item_statistics
from wild_aieval.records.run_folder import SUMMARY, RunFolder
from wild_aieval.tracking.opening import open_store


def is_run_id(text: str) -> bool:
    """Whether it looks like the id of an MLflow run."""
    return re.fullmatch(r"[0-9a-f]{32}", text) is not None


def fetch(run_id: str, uri: str | None, place: Path) -> Path:
    """Download a run's record into ``place``, with this run's result only; returns ``place``.

    UserError where the store does not have it, or not the statistics that a comparison needs.
    """
    address = absolute(uri)
    try:
        mlflow = open_store(address)
        benchmark = mlflow.MlflowClient().get_run(run_id).data.tags.get("wae.benchmark")
        if benchmark is None:
            raise UserError(f"MLflow run {run_id}: not a run of this harness. Name a run with the tag wae.benchmark.")
        mlflow.artifacts.download_artifacts(run_id=run_id, dst_path=str(place))
    except UserError:
        raise
    except Exception as error:
        said = " ".join(str(error).replace(address, redacted(address)).split())[:300]
        raise UserError(
            f"MLflow run {run_id}: cannot be fetched from {redacted(address)} ({type(error).__name__}: {said}). Is the "
            "id right, and --uri its store?"
        ) from error
    folder = RunFolder(place)
    if not (place / item_statistics.FILE).is_file():
        raise UserError(
            f"MLflow run {run_id}: holds no {item_statistics.FILE}. It stays in the run folder where the benchmark is "
            "aggregate-only, and older versions did not write it. Name the run folder instead."
        )
    summary = folder.read_json(SUMMARY)
    summary["results"] = [entry for entry in summary["results"] if entry["benchmark"] == benchmark]
    folder.write_json(SUMMARY, summary)
    return place
