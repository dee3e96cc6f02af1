"""A comparison as an MLflow run of its own: the answer in its description, pairs and systems as tables, the page."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from wild_aieval.addresses import absolute
from wild_aieval.records.run_folder import COMPARISON, RunFolder
from wild_aieval.reports import comparison_figures, html
from wild_aieval.tracking import views
from wild_aieval.tracking.content import without_images
from wild_aieval.tracking.opening import TrackingError, at_work, experiment_id, open_store
from wild_aieval.tracking.store import readable
from wild_aieval.tracking.views import KIND, MODEL_TRAINING, NOTE

EXPERIMENT = "wild-aieval/comparison"
_NOTE = (
    "Comparisons of runs: the answer stands in the description of each, pairs and systems in its tables, the whole "
    "page in `report.html` under Artifacts."
)
_SYSTEM = ("benchmark", "measure", "name", "value", "low", "high", "tie_group", "asked", "errors", "flagged", "seconds")
_PAIR = (
    *("benchmark", "measure", "one", "other", "effect", "low", "high", "p_adjusted", "told_apart", "tie_group"),
    *("above", "equal", "below", "smallest_effect", "items_needed", "sentence"),
)


def log_comparison(folder: Path, comparison: Mapping[str, Any], uri: str | None) -> dict[str, Any]:
    """Log the folder of a comparison; returns the comparison with ``mlflow_run_id``, which is also written down.

    Raises TrackingError with a readable text whatever goes wrong with MLflow.
    """
    address = absolute(uri)
    try:
        mlflow = open_store(address)
        with at_work():
            run_id = _log(mlflow, address, folder, comparison)
    except TrackingError:
        raise
    except Exception as error:  # MLflow raises errors of many libraries; the comparison must survive them all
        raise TrackingError(readable(address, error)) from error
    logged = {**comparison, "mlflow_run_id": run_id}
    RunFolder(folder).write_json(COMPARISON, logged)
    return logged


def _log(mlflow: Any, address: str, folder: Path, comparison: Mapping[str, Any]) -> str:
    experiment = experiment_id(mlflow, address, EXPERIMENT)
    for name, text in {NOTE: _NOTE, KIND: MODEL_TRAINING}.items():
        views.tag(mlflow, experiment, name, text)
    mlflow.set_experiment(experiment_id=experiment)
    groups = comparison["benchmarks"]
    with mlflow.start_run(run_name=_title(groups), tags=_tags(comparison)) as run:
        mlflow.log_params(_params(groups))
        mlflow.log_metrics(_metrics(groups))
        mlflow.log_table(_pairs_table(groups), artifact_file="pairs.json")
        mlflow.log_table(_systems_table(groups), artifact_file="systems.json")
        with tempfile.TemporaryDirectory() as place:
            _files(Path(place), folder, comparison)
            mlflow.log_artifacts(place)
        return str(run.info.run_id)


def _files(place: Path, folder: Path, comparison: Mapping[str, Any]) -> None:
    """The record, the page, and a picture of the systems of each benchmark with their cost."""
    RunFolder(place).write_json(COMPARISON, comparison)
    shutil.copyfile(folder / html.REPORT, place / html.REPORT)
    (place / "figures").mkdir()
    for group in comparison["benchmarks"]:
        name = group["benchmark"].replace("/", "-")
        pictures = {"systems": comparison_figures.systems(group, "png"), "cost": comparison_figures.cost(group, "png")}
        for what, image in pictures.items():
            if image is not None:
                (place / "figures" / f"{name}.{what}.png").write_bytes(image)


def _title(groups: list[Mapping[str, Any]]) -> str:
    names = list(dict.fromkeys(system["name"] for group in groups for system in group["systems"]))
    shown = " vs ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    where = groups[0]["benchmark"] if len(groups) == 1 else f"{len(groups)} benchmarks"
    return f"{shown} · {where}"


def _tags(comparison: Mapping[str, Any]) -> dict[str, str]:
    groups = comparison["benchmarks"]
    sentences = [f"- {sentence}" for group in groups for sentence in _sentences(group)]
    note = "\n".join([*sentences, "", "Nothing is said beyond these benchmarks. The page is `report.html` below."])
    return {
        "wae.kind": "comparison",
        "wae.benchmark": ", ".join(group["benchmark"] for group in groups),
        "wae.version": str(comparison["wild_aieval"]),
        "mlflow.source.name": "wild_aieval",
        "mlflow.note.content": without_images(note),
    }


def _sentences(group: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([group["sentence"], *(pair["sentence"] for pair in group["pairs"])]))


def _params(groups: list[Mapping[str, Any]]) -> dict[str, str]:
    first = groups[0]
    runs = list(dict.fromkeys(Path(system["run"]).name for group in groups for system in group["systems"]))
    return {
        "benchmarks": ", ".join(group["benchmark"] for group in groups),
        "measures": ", ".join(dict.fromkeys(group["measure"] for group in groups)),
        "family": first["family"],
        "resamples": str(first["resamples"]),
        "seed": str(first["seed"]),
        "runs": ", ".join(runs)[:6000],
    }


def _metrics(groups: list[Mapping[str, Any]]) -> dict[str, float]:
    """Effect, bounds and p of each pair, under names that say which."""
    found: dict[str, float] = {}
    for group in groups:
        for pair in group["pairs"]:
            name = f"{group['benchmark']}.{group['measure']}.{pair['one']}_minus_{pair['other']}"
            parts = {part: pair[part] for part in ("effect", "low", "high", "p_adjusted")}
            found |= {f"{_name(name)}.{part}": float(value) for part, value in parts.items() if value is not None}
    return found


def _name(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_./ -]", "-", text)[:200]


def _pairs_table(groups: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
    rows = [{**pair, **_place(group)} for group in groups for pair in group["pairs"]]
    return {column: [row[column] for row in rows] for column in _PAIR}


def _systems_table(groups: list[Mapping[str, Any]]) -> dict[str, list[Any]]:
    rows = [
        {**system, **system["counts"], **system["measures"][group["measure"]], **_place(group)}
        for group in groups
        for system in group["systems"]
    ]
    return {column: [row[column] for row in rows] for column in _SYSTEM}


def _place(group: Mapping[str, Any]) -> dict[str, Any]:
    return {name: group[name] for name in ("benchmark", "measure")}
