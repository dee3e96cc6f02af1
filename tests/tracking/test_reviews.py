"""Decisions in MLflow: shown beside the machine's flags, and fetched from its review page, in a local store."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.review.report import compute
from wild_aieval.review.report.logged import decisions
from wild_aieval.review.report.pulled import pull
from wild_aieval.tracking import review_queue
from wild_aieval.tracking.review_queue import Offered, fetch, offer
from wild_aieval.tracking.reviews import log_reviews

_FILE = Path(__file__).parent.parent / "review_report" / "conftest.py"
_SPEC = importlib.util.spec_from_file_location("benches_of_the_report_tests", _FILE)
assert _SPEC is not None and _SPEC.loader is not None
_BENCHES = importlib.util.module_from_spec(_SPEC)
sys.modules[_SPEC.name] = _BENCHES
_SPEC.loader.exec_module(_BENCHES)


def bench_of(path: Path, **changes: Any) -> Any:
    return _BENCHES.new_bench(path, [True, True, False, False], [True, True, True, False], 0.5, **changes)


def logged(bench: Any, uri: str, max_traces: int = 10) -> list[str]:
    ledger = bench.ledger
    report = compute.compute(
        bench.folder, [bench.batch], list(ledger.events()), ledger.head, compute.Question(0.05, "en")
    )
    return log_reviews(bench.folder, uri, "exp", max_traces, report.data, decisions(report.materials))


def only_run(uri: str) -> Any:
    import mlflow

    client = mlflow.MlflowClient(tracking_uri=uri)
    experiment = client.get_experiment_by_name("exp/classification")
    return client, experiment.experiment_id, client.search_runs([experiment.experiment_id])[0]


def traces_of(uri: str) -> dict[str, Any]:
    client, experiment, _ = only_run(uri)
    found = client.search_traces(locations=[experiment], max_results=100)
    return {trace.info.tags["wae.item_id"]: trace.info for trace in found}


def test_decisions_stand_beside_the_flags_and_the_head_on_the_run(tmp_path: Path, uri: str) -> None:
    bench = bench_of(tmp_path)
    for item in (0, 3):
        bench.truly(item, "ann")
    bench.review(0, "bob", "agrees")
    lines = logged(bench, uri)
    assert "decisions on 2 of 2 items" in lines[0]
    _, _, run = only_run(uri)
    seq, head = bench.ledger.head
    assert run.data.tags["wae.ledger_head"] == f"{seq}:{head}"
    assert run.data.tags["wae.disagreement"] == "1"
    assert run.data.metrics["review.override_rate.n"] == 3
    assert run.data.metrics["review.unflagged_error"] == 0
    assert run.info.status == "FINISHED"
    found = traces_of(uri)
    assert set(found) == {"i0", "i1", "i2", "i3"}
    said = {(one.name, one.source.source_type, one.source.source_id): one for one in found["i0"].assessments}
    assert said["decision", "HUMAN", "ann"].value == "differs"
    assert said["decision", "HUMAN", "bob"].value == "agrees"
    assert said["needs_review", "CODE", "wae.oversight.default"].value is True
    assert found["i0"].tags["wae.disagreement"] == "true" and found["i0"].tags["wae.reasons"] == "LOW_SCORE"
    audited = {one.name: one.value for one in found["i3"].assessments}
    assert audited == {"needs_review": False, "decision": "agrees"}


def test_logged_again_nothing_is_twice_and_a_correction_overrides(tmp_path: Path, uri: str) -> None:
    bench = bench_of(tmp_path)
    event = bench.truly(0, "ann")
    logged(bench, uri)
    logged(bench, uri)
    assert [one.value for one in traces_of(uri)["i0"].assessments if one.name == "decision"] == ["differs"]
    payload = {"batch": bench.batch.id, "token": "t0", "answer": {"symbols": ["G06F 1/00"]}, "decision": "agrees"}
    bench.ledger.append(
        "review.superseded", "ann", "reviewer", payload | {"supersedes": event.hash, "rationale": "misread"}
    )
    logged(bench, uri)
    found = {one.value: one.valid for one in traces_of(uri)["i0"].assessments if one.name == "decision"}
    assert found == {"differs": False, "agrees": True}


@pytest.mark.parametrize("confidentiality", ["shared-scores", "aggregate-only"])
def test_a_benchmark_that_is_not_open_has_figures_and_no_traces(tmp_path: Path, uri: str, confidentiality: str) -> None:
    bench = bench_of(tmp_path, confidentiality=confidentiality)
    bench.truly(0)
    assert "not open" in logged(bench, uri)[0]
    assert not traces_of(uri)
    few = confidentiality == "aggregate-only"  # a figure on one item would be that item's
    assert ("review.override_rate" in only_run(uri)[2].data.metrics) is not few


def test_items_without_room_are_counted(tmp_path: Path, uri: str) -> None:
    bench = bench_of(tmp_path)
    for item in range(4):
        bench.truly(item)
    line = logged(bench, uri, max_traces=2)[0]
    assert "decisions on 2 of 4 items" in line and "max_traces" in line


def test_traces_that_got_lost_are_sent_once_more(tmp_path: Path, uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from wild_aieval.tracking import traces

    sent, real = [], traces._log_trace

    def forgetful(*arguments: Any) -> None:
        item = arguments[1].tags["wae.item_id"]
        sent.append(item)
        if sent.count(item) > 1 or item != "i1":
            real(*arguments)

    monkeypatch.setattr(traces, "_together", lambda *_: False)
    monkeypatch.setattr(traces, "_log_trace", forgetful)
    bench = bench_of(tmp_path)
    bench.truly(0)
    logged(bench, uri)
    assert sent.count("i1") == 2 and "i1" in traces_of(uri)


def _answer(uri: str, token: str, value: str, who: str = "default", rationale: str = "") -> Any:
    import mlflow
    from mlflow.entities import AssessmentSource

    place = mlflow.MlflowClient().get_experiment_by_name("exp/reviews").experiment_id
    trace = review_queue._traces(mlflow, place, "b0")[token]
    source = AssessmentSource(source_type="HUMAN", source_id=who)
    return mlflow.log_feedback(
        trace_id=trace.info.trace_id, name="wae_decision", value=value, source=source, rationale=rationale
    )


def _pulled(bench: Any, uri: str) -> Any:
    tokens = [item.token for item in bench.batch.items]
    found = pull("b0", tokens, fetch(uri, "exp", "b0"), list(bench.ledger.events()))
    bench.ledger.append_many(found.entries)
    return found


def test_a_queue_is_offered_and_its_answers_are_pulled_once(tmp_path: Path, uri: str) -> None:
    import mlflow

    bench = bench_of(tmp_path)
    items = [Offered(item.token, f"text of {item.token}", "A01B 1/00 ![x](http://x)") for item in bench.batch.items]
    assert offer(uri, "exp", "b0", items, ()) == offer(uri, "exp", "b0", items, ()) == "wild_aieval b0"
    queue = mlflow.genai.review_queues.list_review_queues(
        experiment_id=mlflow.MlflowClient().get_experiment_by_name("exp/reviews").experiment_id
    )
    assert len(queue) == 1
    assert len(mlflow.genai.review_queues.list_review_queue_items(queue[0].queue_id)) == 4
    first = _answer(uri, "t0", "differs", "ann", "another class")
    _answer(uri, "t1", "agrees", "ann")
    _answer(uri, "t2", "perhaps", "ann")
    found = _pulled(bench, uri)
    assert [(entry.actor, entry.payload["decision"]) for entry in found.entries] == [
        ("unverified-ann", "differs"),
        ("unverified-ann", "agrees"),
    ]
    assert len(found.refused) == 1 and "perhaps" in found.refused[0]
    assert not _pulled(bench, uri).entries
    assert bench.figures()["review.override_rate"].n == 2

    source = mlflow.entities.AssessmentSource(source_type="HUMAN", source_id="ann")
    mlflow.override_feedback(trace_id=first.trace_id, assessment_id=first.assessment_id, value="agrees", source=source)
    found = _pulled(bench, uri)  # given anew in the page: a correction, and nothing is missing
    assert [entry.kind for entry in found.entries] == ["review.superseded"]
    assert not found.edited and not found.deleted
    assert bench.figures()["review.override_rate"].k == 0
    found = _pulled(bench, uri)
    assert not found.entries and not found.deleted


def test_what_is_edited_or_deleted_in_the_store_is_told_and_the_ledger_stays(tmp_path: Path, uri: str) -> None:
    import mlflow
    from mlflow.entities import Feedback

    bench = bench_of(tmp_path)
    items = [Offered(item.token, "text", "A01B 1/00") for item in bench.batch.items]
    offer(uri, "exp", "b0", items, ())
    edited, deleted = _answer(uri, "t0", "differs", "ann", "why"), _answer(uri, "t1", "agrees", "ann")
    _pulled(bench, uri)
    head = bench.ledger.head
    mlflow.update_assessment(
        trace_id=edited.trace_id, assessment_id=edited.assessment_id, assessment=Feedback("wae_decision", "agrees")
    )
    mlflow.delete_assessment(trace_id=deleted.trace_id, assessment_id=deleted.assessment_id)
    found = _pulled(bench, uri)
    assert (len(found.edited), len(found.deleted), found.entries) == (1, 1, [])
    assert bench.ledger.head == head


@pytest.mark.slow
def test_over_a_server(tmp_path: Path, template: Path) -> None:
    """The same through 'mlflow server' on this machine, which asks nobody for a name: nothing is verified."""
    import shutil
    import socket

    shutil.copyfile(template, tmp_path / "server.db")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    store = [
        "--backend-store-uri",
        f"sqlite:///{tmp_path / 'server.db'}",
        "--artifacts-destination",
        str(tmp_path / "a"),
    ]
    command = [sys.executable, "-m", "mlflow", "server", *store, "--port", str(port), "--workers", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            uri = f"http://127.0.0.1:{port}"
            for _ in range(120):
                try:
                    urllib.request.urlopen(f"{uri}/health", timeout=2)
                    break
                except OSError:
                    time.sleep(0.5)
            bench = bench_of(tmp_path)
            bench.truly(0)
            assert "decisions on 1 of 1 items" in logged(bench, uri)[0]
            offer(uri, "exp", "b0", [Offered(item.token, "text", "A01B") for item in bench.batch.items], ())
            _answer(uri, "t3", "agrees", "eve")
            assert [entry.actor for entry in _pulled(bench, uri).entries] == ["unverified-eve"]
        finally:
            server.terminate()


def _one(who: str, bound: bool) -> Any:
    from wild_aieval.tracking.review_queue import Answered

    return Answered("t0", "a1", who, bound, "agrees", "", 1)


@pytest.mark.parametrize(
    ("who", "bound", "actor"),
    [
        ("ann", True, "ann"),
        ("ann", False, "unverified-ann"),
        ("ann.b@office.example", True, "ann.b-office.example"),
        ("…", False, "unverified-nobody"),
    ],
)
def test_a_name_is_taken_only_where_the_server_vouches_for_it(who: str, bound: bool, actor: str) -> None:
    from wild_aieval.oversight.ledger.rules import check_pseudonym
    from wild_aieval.review.report.pulled import actor_of

    assert actor_of(_one(who, bound)) == actor
    check_pseudonym(actor)


@pytest.mark.parametrize(("status", "asks"), [(401, True), (200, False), (404, False)])
def test_a_server_that_asks_for_a_login_is_told_from_one_that_does_not(status: int, asks: bool) -> None:
    import http.server
    import threading

    class Answer(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        assert review_queue._asks_who(f"http://127.0.0.1:{server.server_port}") is asks
        server.shutdown()
    assert review_queue._asks_who("sqlite:///x.db") is False
