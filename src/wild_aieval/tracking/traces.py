"""Flagged and audited items as traces, each with the machine's own call for review."""

from __future__ import annotations

import heapq
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from wild_aieval.addresses import SQLITE
from wild_aieval.reports.page import cut
from wild_aieval.reports.results import Result, Row, picked, some
from wild_aieval.reports.words import reasons_in_words
from wild_aieval.tracking import bulk_traces
from wild_aieval.tracking.bulk_traces import Told
from wild_aieval.tracking.content import without_images

NEEDS_REVIEW = "needs_review"
_OF_RUN = "wae_run"
_PREVIEW = 1000
_TEXT = 8000
_TRIES, _MOST, _AT_ONCE = 2, 100_000, 100


def called(result: Result, most: int) -> list[Row]:
    """So many items that need a human look: hard reasons first, then the audit sample, then soft reasons."""
    waiting = (row for row in result.flags if row["flagged"] or row["audit_selected"])
    return heapq.nsmallest(most, waiting, key=_urgency)


def log_traces(mlflow: Any, experiment: str, run_id: str, result: Result, limit: int) -> str:
    """Log at most ``limit`` traces, wait for them and count them; returns the sentence for the run's page."""
    if not result.rules.texts:
        return "No single items are shown: the benchmark is not open."
    waiting = sum(row["flagged"] or row["audit_selected"] for row in some(result.flags, "flagged", "audit_selected"))
    chosen = called(result, max(0, limit))
    stored = log_all(mlflow, experiment, run_id, result, chosen) if chosen else 0
    sentence = f"{stored} of {waiting} items that need a human look are shown under Traces."
    if stored < len(chosen):
        lost = f"{len(chosen) - stored} traces did not reach the store; flags.parquet has every flag."
        print(f"MLflow: {result.title}: {lost}", file=sys.stderr)
        return f"{sentence} **{lost}**"
    return sentence


def log_all(mlflow: Any, experiment: str, run_id: str, result: Result, chosen: Sequence[Row]) -> int:
    """One trace for each record, waited for; what did not arrive is sent once more. Returns how many arrived.

    MLflow's client drops traces silently where its queue is full or a request fails.
    """
    items = picked(result.items, {record["item_id"] for record in chosen})
    # Lists in the UI begin with the newest.
    told: Sequence[Told] = [_told(run_id, result, record, items[record["item_id"]]) for record in reversed(chosen)]
    wanted = _missing(mlflow, experiment, run_id, told) if _together(mlflow, experiment, run_id, told) else told
    for _ in range(_TRIES if wanted else 0):
        for one in wanted:
            _log_trace(mlflow, one)
        mlflow.flush_trace_async_logging()
        wanted = _missing(mlflow, experiment, run_id, told)
        if not wanted:
            break
    return len(told) - len(wanted)


def _together(mlflow: Any, experiment: str, run_id: str, told: Sequence[Told]) -> bool:
    """Whether all were written in one transaction; else none was."""
    if not mlflow.get_tracking_uri().startswith(SQLITE):
        return False
    try:
        bulk_traces.write(experiment, run_id, told)
    except Exception:  # noqa: BLE001  a store that is busy or of another make: one by one, each with its own error
        return False
    return True


def _missing(mlflow: Any, experiment: str, run_id: str, told: Sequence[Told]) -> Sequence[Told]:
    there = of_run(mlflow, experiment, run_id)
    return [one for one in told if one.tags["wae.item_id"] not in there]


def delete_all(mlflow: Any, experiment: str, run_id: str) -> None:
    """Delete the traces of a run that did not get to its end; they would be shown beside those of the next attempt.

    What was killed while it was sent is known by its span only.
    """
    shown = {"include_spans": False, "max_results": _MOST, "return_type": "list"}
    found = mlflow.search_traces(locations=[experiment], run_id=run_id, **shown)
    with suppress(mlflow.exceptions.MlflowException):  # a server that cannot search spans
        half = f"span.attributes.{_OF_RUN} LIKE '%{run_id}%'"
        found += mlflow.search_traces(locations=[experiment], filter_string=half, **shown)
    ids = sorted({trace.info.trace_id for trace in found})
    for start in range(0, len(ids), _AT_ONCE):
        mlflow.MlflowClient().delete_traces(experiment, trace_ids=ids[start : start + _AT_ONCE])


def of_run(mlflow: Any, experiment: str, run_id: str) -> dict[str, Any]:
    """The traces of a run by item, without their spans."""
    found = mlflow.search_traces(
        locations=[experiment], run_id=run_id, include_spans=False, max_results=_MOST, return_type="list"
    )
    return {trace.info.tags.get("wae.item_id", ""): trace for trace in found}


def _told(run_id: str, result: Result, record: Row, item: Row) -> Told:
    entry, why = result.entry, reasons_in_words(record["reasons"])
    asked, answered = request_text(item), response_text(item, why or "no reason")
    return Told(
        name=str(entry["task"]),
        asked=asked,
        answered=answered,
        request_id=f"{run_id}:{record['item_id']}",
        previews=(asked[:_PREVIEW], answered[:_PREVIEW]),
        tags={
            "wae.item_id": str(record["item_id"]),
            "wae.flagged": str(record["flagged"]).lower(),
            "wae.audit": str(record["audit_selected"]).lower(),
            "wae.reasons": ",".join(reason["code"] for reason in record["reasons"]),
            "wae.benchmark": str(entry["benchmark"]),
            "wae.model": str(entry["model"]),
            "wae.output_source": str(record["output_source"]),
        },
        attributes={_OF_RUN: run_id},
        feedback=NEEDS_REVIEW,
        called=bool(record["reasons"]),
        why=why or "no reason",
        reviewer=f"wae.oversight.{record['policy']}",
    )


def _log_trace(mlflow: Any, told: Told) -> None:
    """One item; the assessment is made inside the span, so that it travels with the trace."""
    from mlflow.entities import AssessmentSource

    with mlflow.start_span(name=told.name) as span:
        for name, value in told.attributes.items():
            span.set_attribute(name, value)
        span.set_inputs(told.asked)
        span.set_outputs(told.answered)
        mlflow.update_current_trace(
            client_request_id=told.request_id,
            tags=dict(told.tags),
            request_preview=told.previews[0],
            response_preview=told.previews[1],
        )
        mlflow.log_feedback(
            trace_id=span.trace_id,
            name=told.feedback,
            value=told.called,
            source=AssessmentSource(source_type="CODE", source_id=told.reviewer),
            rationale=told.why,
        )


def request_text(item: Mapping[str, Any]) -> str:
    """What was asked, in Markdown whose first line is plain: tables show the first line as it is."""
    return without_images(f"{item['item_id']}: {str(item['input'])[:_TEXT]}")


def response_text(item: Mapping[str, Any], why: str) -> str:
    """What was suggested, why a human is called, what the benchmark says."""
    suggested = str(item["predicted"])[:_TEXT] if item["status"] == "ok" else "(error: no answer)"
    expected = cut(item["expected"], 2000)
    return without_images(f"{suggested}\n\nWhy a human is called: {why}\n\nBenchmark's answer: {expected}")


def _urgency(record: Row) -> int:
    kinds: Sequence[str] = [reason["kind"] for reason in record["reasons"]]
    return 0 if "hard" in kinds else 1 if record["audit_selected"] else 2
