"""Traces that are written together are those that MLflow's client writes one by one."""

from __future__ import annotations

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.tracking import bulk_traces, traces
from wild_aieval.tracking.store import log_run

TABLES = {"trace_info": "request_id", "trace_tags": "request_id", "trace_request_metadata": "request_id"} | {
    "spans": "trace_id", "assessments": "trace_id"
}  # fmt: skip
OWN = re.compile(r"tr-[0-9a-f]{32}|a-[0-9a-f]{32}|\b[0-9a-f]{32}\b|\b[0-9a-f]{16}\b|\b1[0-9]{12,18}\b")
BASE64 = re.compile(r'"(trace_id|span_id)": "[A-Za-z0-9+/]+="?=?"')
TIMES = ("db_payload_generation", "duration_ns", "execution_time_ms", "timestamp", "time")


def stored(uri: str) -> dict[str, list[Any]]:
    """All rows about traces, without ids, times and sizes of them."""
    found, place = {}, str(Path(uri.removeprefix("sqlite:///")).parent)
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as store:
        store.row_factory = sqlite3.Row
        for table, name in TABLES.items():
            rows = [dict(row) for row in store.execute(f'SELECT * FROM "{table}"')]
            for row in rows:
                if str(row.get("key")).endswith(("sizeBytes", "sizeStats")):
                    row["value"] = None
                row.update({key: None for key in row if key == name or any(time in key for time in TIMES)})
            found[table] = sorted(
                BASE64.sub("", OWN.sub("#", repr(sorted(row.items())).replace(place, ""))) for row in rows
            )
    return found


def test_both_ways_store_the_same(make: Any, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, found = make(text="a plough, größer als " + "long " * 90), {}
    for way in ("together", "one by one"):
        file = tmp_path / way.replace(" ", "-") / "mlflow.db"
        file.parent.mkdir()
        shutil.copyfile(template, file)
        if way == "one by one":
            monkeypatch.setattr(traces, "_together", lambda *_: False)
        log_run(folder, f"sqlite:///{file}", "exp", 2)
        found[way] = stored(f"sqlite:///{file}")
    assert len(found["together"]["trace_info"]) > 1 and len(found["together"]["spans"]) > 1
    for table in TABLES:
        assert found["together"][table] == found["one by one"][table], table


def broken(*_: Any) -> Any:
    raise AttributeError("another version of MLflow")


def test_a_store_that_takes_them_otherwise_gets_them_one_by_one(
    make: Any, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bulk_traces, "_one_transaction", broken)
    log_run(make(), uri, "exp", 1)
    assert len(stored(uri)["spans"]) == 1


def test_what_fails_in_the_middle_leaves_no_trace(make: Any, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlflow.tracing.client import TracingClient

    monkeypatch.setattr(TracingClient, "log_spans", broken)
    monkeypatch.setattr(traces, "_TRIES", 0)
    log_run(make(), uri, "exp", 10)
    assert stored(uri)["trace_info"] == [] and stored(uri)["trace_tags"] == []
