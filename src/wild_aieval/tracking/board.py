"""The models × benchmarks board: one LoggedModel per candidate and revision, metrics by benchmark."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from wild_aieval.reports.results import Result
from wild_aieval.tracking.content import measure_details, measure_values, model_identity, params
from wild_aieval.tracking.opening import store_lock

_DIGEST_LENGTH = 36
_TWICE = "dataset_pk"  # of the rule in PostgreSQL that a store has a dataset once
_NUMBERS, _WORDS = 800, 100  # that a server takes at once


def logged_model_id(mlflow: Any, uri: str, experiment: str, result: Result) -> str:
    """The candidate's LoggedModel in this experiment, found or made."""
    name = re.sub(r"[/:.%\"']", "-", str(result.entry["model"])) or "unnamed"
    identity = model_identity(result)
    wanted = f"name = '{name}' AND params.identity = '{identity['identity']}'"
    with store_lock(uri):
        found = mlflow.search_logged_models(
            experiment_ids=[experiment], filter_string=wanted, max_results=1, output_format="list"
        )
        model = found[0] if found else _create(mlflow, experiment, name, result)
        if model.status == "PENDING":
            model = _finished(mlflow, model)
    return str(model.model_id)


def log_dataset(mlflow: Any, uri: str, result: Result, model_id: str) -> Any:
    """The dataset, as an input of the run at work and its model.

    The store has a dataset once: one process at a time looks whether it is there and makes it.
    """
    from mlflow.data.code_dataset_source import CodeDatasetSource
    from mlflow.data.meta_dataset import MetaDataset
    from mlflow.entities import LoggedModelInput

    entry = result.entry
    source = CodeDatasetSource(
        tags={"benchmark": entry["benchmark"], "version": entry["version"], "sha256": entry["digest"]}
    )
    dataset = MetaDataset(source=source, name=entry["benchmark"], digest=entry["digest"][:_DIGEST_LENGTH])
    with store_lock(uri):
        try:
            mlflow.log_input(dataset, context="eval", model=LoggedModelInput(model_id=model_id))
        except mlflow.exceptions.MlflowException as error:
            if _TWICE not in str(error):
                raise
            # Another member made it at this moment, which a server does not hold apart: now it is there.
            mlflow.log_input(dataset, context="eval", model=LoggedModelInput(model_id=model_id))
    return dataset


def log_words_and_numbers(
    client: Any, run_id: str, result: Result, model_id: str, dataset: Any, tags: Mapping[str, str]
) -> None:
    """Params, tags and all metrics; measures hang on model and dataset, intervals and counts on the run alone."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    where = {"model_id": model_id, "dataset_name": dataset.name, "dataset_digest": dataset.digest}
    numbers = [
        Metric(name, value, now, 0, run_id=run_id, **place)
        for values, place in ((measure_values(result), where), (measure_details(result), {}))
        for name, value in values.items()
    ]
    words = [Param(name, value) for name, value in params(result).items()]
    client.log_batch(run_id, numbers[:_NUMBERS], words[:_WORDS], [RunTag(*tag) for tag in tags.items()])
    for start in range(_NUMBERS, len(numbers), _NUMBERS):
        client.log_batch(run_id, metrics=numbers[start : start + _NUMBERS])
    for start in range(_WORDS, len(words), _WORDS):
        client.log_batch(run_id, params=words[start : start + _WORDS])


def _create(mlflow: Any, experiment: str, name: str, result: Result) -> Any:
    described = {"kind": str(result.entry["kind"]), "model": str(result.entry["model"]), **model_identity(result)}
    return mlflow.create_external_model(
        name=name,
        model_type=result.entry["task"],
        params=described,
        tags={"mlflow.source.name": "wild_aieval"},
        experiment_id=experiment,
    )


def _finished(mlflow: Any, model: Any) -> Any:
    """A model that a kill left half made, with what it lacks, as ``create_external_model`` ends."""
    from mlflow.models.utils import get_external_mlflow_model_spec

    client = mlflow.MlflowClient()
    with TemporaryDirectory() as folder:
        get_external_mlflow_model_spec(model).save(str(Path(folder) / "MLmodel"))
        client.log_model_artifacts(model.model_id, folder)
    return client.finalize_logged_model(model.model_id, "READY")
