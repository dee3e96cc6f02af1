"""Traces of a run written into a sqlite store together, in one transaction.

One by one, MLflow's client takes 25 ms for each and waits for the disk twice. What is stored is the same. A store of
another kind, or one that takes traces otherwise than this version of MLflow does, gets them one by one.
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_LONGEST = 250  # characters of what MLflow keeps of inputs and outputs beside the span


@dataclass(frozen=True, slots=True)
class Told:
    """What a trace tells of one item. ``attributes`` are the span's own, ``reviewer`` who calls for the review."""

    name: str
    asked: str
    answered: str
    request_id: str
    previews: tuple[str, str]
    tags: Mapping[str, str]
    attributes: Mapping[str, str]
    feedback: str
    called: bool
    why: str
    reviewer: str


def write(experiment: str, run_id: str, told: Sequence[Told]) -> None:
    """All of them or none; raises whatever MLflow raises."""
    from mlflow.tracing.client import TracingClient
    from mlflow.tracing.utils import add_size_stats_to_trace_metadata
    from mlflow.tracing.utils.environment import resolve_env_metadata

    known = {**resolve_env_metadata(), "mlflow.sourceRun": run_id, "mlflow.trace_schema.version": "3"}
    made = [_trace(experiment, known, one) for one in told]
    client = TracingClient()
    with _one_transaction() as store:
        for trace in made:
            add_size_stats_to_trace_metadata(trace)
            store.start_trace(trace.info)
        client.log_spans(experiment, [span for trace in made for span in trace.data.spans])


def _trace(experiment: str, known: Mapping[str, str], told: Told) -> Any:
    from mlflow.entities import Trace, TraceData, TraceInfo, TraceLocation, TraceState

    now, number = time.time_ns(), secrets.token_bytes(16)
    identifier = f"tr-{number.hex()}"
    texts = {"mlflow.traceInputs": told.asked, "mlflow.traceOutputs": told.answered}
    info = TraceInfo(
        trace_id=identifier,
        trace_location=TraceLocation.from_experiment_id(experiment),
        request_time=now // 1_000_000,
        execution_duration=0,
        state=TraceState.OK,
        request_preview=told.previews[0],
        response_preview=told.previews[1],
        client_request_id=told.request_id,
        trace_metadata={**known, **{name: _cut(_json(text)) for name, text in texts.items()}},
        tags={"mlflow.traceName": told.name, **told.tags},
        assessments=[_assessment(identifier, told)],
    )
    return Trace(info, TraceData([_span(number, identifier, now, told)]))


def _span(number: bytes, identifier: str, now: int, told: Told) -> Any:
    from mlflow.entities import Span

    attributes = {
        "mlflow.traceRequestId": identifier,
        "mlflow.spanType": "UNKNOWN",
        **told.attributes,
        "mlflow.spanInputs": told.asked,
        "mlflow.spanOutputs": told.answered,
        "mlflow.spanLogLevel": 10,
    }
    return Span.from_dict(
        {
            "trace_id": base64.b64encode(number).decode("ascii"),
            "span_id": base64.b64encode(secrets.token_bytes(8)).decode("ascii"),
            "parent_span_id": None,
            "name": told.name,
            "start_time_unix_nano": now,
            "end_time_unix_nano": now,
            "events": [],
            "status": {"code": "STATUS_CODE_OK", "message": ""},
            "attributes": {name: _json(value) for name, value in attributes.items()},
            "links": [],
        }
    )


def _assessment(identifier: str, told: Told) -> Any:
    from mlflow.entities import AssessmentSource, Feedback

    source = AssessmentSource(source_type="CODE", source_id=told.reviewer)
    return Feedback(name=told.feedback, value=told.called, source=source, rationale=told.why, trace_id=identifier)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


@contextmanager
def _one_transaction() -> Iterator[Any]:
    """MLflow's store, whose sessions are parts of one transaction of sqlite meanwhile."""
    from mlflow.store.db.utils import _get_managed_session_maker
    from mlflow.tracking._tracking_service.utils import _get_store
    from sqlalchemy.orm import sessionmaker

    store = _get_store()
    usual = store.ManagedSessionMaker
    with store.engine.connect() as connection:
        for setting in ("foreign_keys = ON", "busy_timeout = 20000"):
            connection.exec_driver_sql(f"PRAGMA {setting}")
        connection.commit()
        with connection.begin():
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # else the driver ends the transaction at the first part
            part = sessionmaker(bind=connection, join_transaction_mode="create_savepoint")
            store.ManagedSessionMaker = _get_managed_session_maker(part, store.db_type)
            try:
                yield store
            finally:
                store.ManagedSessionMaker = usual
