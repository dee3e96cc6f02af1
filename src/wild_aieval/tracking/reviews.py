"""What people decided, shown in MLflow: figures and the head of the ledger on the run, decisions on its traces.

The ledger is the record. What stands here can be edited and deleted by whoever may write to the store.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from wild_aieval.addresses import absolute
from wild_aieval.confidentiality import cells
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports.results import Result, read_results
from wild_aieval.tracking import traces
from wild_aieval.tracking.opening import TrackingError, at_work, experiment_id, open_store
from wild_aieval.tracking.store import log_run, readable

DECISION = "decision"
HEAD = "wae.ledger_head"
Items = Sequence[Mapping[str, Any]]


def log_reviews(
    folder: RunFolder,
    uri: str | None,
    experiment: str,
    max_traces: int,
    report: Mapping[str, Any],
    decisions: Mapping[str, Items],
) -> list[str]:
    """Write the figures of a report and the decisions; returns a line for each benchmark.

    A run that is not in the store yet is logged first. Done again, nothing is there twice. TrackingError, with a
    readable text, whatever goes wrong with MLflow.
    """
    summary = log_run(folder, uri, experiment, max_traces)
    runs = {entry["benchmark"]: entry["mlflow_run_id"] for entry in summary["results"]}
    address = absolute(uri)
    try:
        mlflow = open_store(address)
        with at_work():
            return [
                _logged(mlflow, address, experiment, max_traces, result, runs, report, decisions)
                for result in read_results(folder)
                if any(found["benchmark"] == result.entry["benchmark"] for found in report["results"])
            ]
    except (UserError, TrackingError):
        raise
    except Exception as error:  # MLflow raises errors of many libraries
        raise TrackingError(readable(address, error)) from error


def metrics(figures: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Value, bounds and n of every figure that was measured."""
    found: dict[str, float] = {}
    for figure in figures:
        if figure["value"] is None:
            continue
        bounds = {".ci_low": figure["low"], ".ci_high": figure["high"], ".n": figure["n"]}
        more = {f".{name}": value for name, value in figure["more"].items()}
        parts = {"": figure["value"], **bounds, **more}
        found |= {f"{figure['name']}{part}": float(value) for part, value in parts.items() if value is not None}
    return found


def _logged(
    mlflow: Any,
    uri: str,
    experiment: str,
    max_traces: int,
    result: Result,
    runs: Mapping[str, str],
    report: Mapping[str, Any],
    decisions: Mapping[str, Items],
) -> str:
    name = str(result.entry["benchmark"])
    run_id, place = runs[name], experiment_id(mlflow, uri, f"{experiment}/{result.entry['task']}")
    own = next(found for found in report["results"] if found["benchmark"] == name)
    items = decisions.get(name, ())
    _on_run(mlflow, run_id, own, report["ledger"], items, result.rules.smallest)
    said = f"{result.title}: MLflow run {run_id}: figures and head of the ledger"
    if not result.rules.texts:  # a comment may quote the item
        return f"{said}; no decisions on items, for the benchmark is not open"
    shown = _on_traces(mlflow, place, run_id, result, items, max_traces)
    if shown < len(items):
        said += f" (tracking.max_traces is {max_traces})" if shown >= max_traces else " (the others did not get there)"
    return f"{said}; decisions on {shown} of {len(items)} items that were decided on"


def _counted(count: int, smallest: int) -> str:
    return f"under {smallest}" if cells.small(count, smallest) else str(count)


def _on_run(
    mlflow: Any, run_id: str, own: Mapping[str, Any], ledger: Mapping[str, Any], items: Items, smallest: int
) -> None:
    """Metrics at the number of the ledger's last event, so that a chart shows how they came about."""
    from mlflow.entities import Metric, RunTag

    now = int(1000 * time.time())
    values = metrics(own["figures"]) | {"review.alarm_raised": float(own["alarm"]["raised"] is not None)}
    tags = {
        HEAD: f"{ledger['events']}:{ledger['head']}",
        "wae.reviewed": str(len(items)),
        "wae.disagreement": _counted(sum(bool(item["apart"]) for item in items), smallest),
    }
    mlflow.MlflowClient().log_batch(
        run_id,
        metrics=[Metric(name, value, now, int(ledger["events"])) for name, value in values.items()],
        tags=[RunTag(name, value) for name, value in tags.items()],
    )


def _on_traces(mlflow: Any, place: str, run_id: str, result: Result, items: Items, most: int) -> int:
    """Decisions as assessments of persons; items without a trace get one while there is room. Returns how many."""
    found = traces.of_run(mlflow, place, run_id)
    missing = [str(item["item_id"]) for item in items if item["item_id"] not in found]
    if missing and most > len(found):
        mlflow.set_experiment(experiment_id=place)
        records = {str(record["item_id"]): record for record in result.flags}
        ended = mlflow.get_run(run_id).info.end_time
        with mlflow.start_run(run_id=run_id):
            traces.log_all(mlflow, place, run_id, result, [records[name] for name in missing[: most - len(found)]])
        mlflow.MlflowClient().set_terminated(run_id, end_time=ended)
        found = traces.of_run(mlflow, place, run_id)
    there = [item for item in items if item["item_id"] in found]
    for item in there:
        trace = found[str(item["item_id"])]
        for decision in item["decisions"]:
            _assess(mlflow, trace, decision)
        tags = {"wae.reviewed": "true", "wae.disagreement": str(bool(item["apart"])).lower()}
        for name, value in (tags | {"wae.review_outcome": str(item["outcome"])}).items():
            mlflow.set_trace_tag(trace.info.trace_id, name, value)
    return len(there)


def _assess(mlflow: Any, trace: Any, decision: Mapping[str, Any]) -> None:
    """One decision; what is there already stays, and a correction overrides what it corrects."""
    from mlflow.entities import AssessmentSource

    source = AssessmentSource(source_type="HUMAN", source_id=str(decision["who"]))
    seq, role = str(decision["seq"]), str(decision["role"])
    metadata = {"wae.ledger_seq": seq, "wae.mode": str(decision["mode"]), "wae.role": role, "wae.ts": decision["ts"]}
    mine = [
        known
        for known in trace.info.assessments
        if known.name == DECISION
        and known.source.source_id == decision["who"]
        and (known.metadata or {}).get("wae.role") == role
    ]
    if any(known.metadata.get("wae.ledger_seq") == seq for known in mine):
        return
    said = {"value": decision["decision"], "rationale": decision["rationale"], "source": source, "metadata": metadata}
    if valid := [known for known in mine if known.valid is not False]:
        mlflow.override_feedback(trace_id=trace.info.trace_id, assessment_id=valid[-1].assessment_id, **said)
    else:
        mlflow.log_feedback(trace_id=trace.info.trace_id, name=DECISION, **said)
