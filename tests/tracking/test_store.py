from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.addresses import default_uri
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports.results import read_results
from wild_aieval.tracking import content, views
from wild_aieval.tracking.store import TrackingError, log_run
from wild_aieval.tracking.traces import called, request_text, response_text

NAME = re.compile(r"[A-Za-z0-9_\-./]+")


def client(uri: str) -> Any:
    import mlflow

    return mlflow.MlflowClient(tracking_uri=uri)


def logged(folder: RunFolder, uri: str, max_traces: int = 10) -> Any:
    """The MLflow run of a folder's first result."""
    return client(uri).get_run(log_run(folder, uri, "exp", max_traces)["results"][0]["mlflow_run_id"])


def traces_of(uri: str, run: Any) -> list[Any]:
    found = client(uri).search_traces(locations=[run.info.experiment_id], max_results=100)
    return [trace for trace in found if trace.info.request_metadata.get("mlflow.sourceRun") == run.info.run_id]


def files_of(uri: str, run: Any) -> set[str]:
    api = client(uri)
    names = {file.path for file in api.list_artifacts(run.info.run_id)}
    return names | {file.path for file in api.list_artifacts(run.info.run_id, "figures")}


def test_default_store_is_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(tmp_path))
    assert default_uri() == f"sqlite:///{tmp_path}/mlflow.db"


def test_numbers_equal_those_of_the_summary(make: Any, uri: str) -> None:
    folder = make("search")
    run = logged(folder, uri)
    result = folder.read_json("summary.json")["results"][0]
    metrics = run.data.metrics
    for name, measure in result["measures"].items():
        assert metrics[name] == measure["value"]
        assert metrics[f"{name}.ci_low"] == measure["low"] and metrics[f"{name}.ci_high"] == measure["high"]
        assert metrics[f"{name}.n"] == measure["n"]
    assert (metrics["review.flagged"], metrics["review.flag_rate"], metrics["review.audit"]) == (2, 0.5, 1)
    assert (metrics["seconds"], metrics["seconds_per_item"], metrics["counts.asked"]) == (2.0, 0.5, 4)
    assert run.info.end_time - run.info.start_time == pytest.approx(2000, abs=2)


def test_not_measured_is_no_metric_and_names_are_allowed(make: Any, uri: str) -> None:
    metrics = logged(make(), uri).data.metrics
    assert not any(name.startswith("invalid_symbol_rate") for name in metrics)
    assert all(NAME.fullmatch(name) for name in metrics)


def test_name_tags_params_and_dataset(make: Any, uri: str) -> None:
    run = logged(make(), uri)
    assert run.info.run_name == "m1 · classification/tiny" and run.info.status == "FINISHED"
    tags = run.data.tags
    expected = {
        "task": "classification", "benchmark": "classification/tiny", "benchmark_version": "1.0.0", "office": "EP",
        "language": "en", "model": "m1", "revision": "r1", "kind": "majority", "sweep": "s1", "licence": "CC0-1.0",
        "dataset_digest": "ab" * 32, "synthetic": "true", "confidentiality": "open", "schema_version": "1",
        "output_source": "G",
    }  # fmt: skip
    assert {name: tags[f"wae.{name}"] for name in expected} == expected
    assert tags["mlflow.runColor"] == content.colour("m1") and tags["result.invalid_symbol_rate"] == "not measured"
    assert "mlflow.parentRunId" not in tags
    params = run.data.params
    assert params["model"] == "m1" and params["model.options.depth"] == "3" and params["seed"] == "7"
    assert params["benchmark"] == "classification/tiny" and not any("libraries" in name for name in params)
    assert not any(name.startswith(("tracking", "benchmark_roots")) for name in params)
    dataset = run.inputs.dataset_inputs[0]
    assert dataset.dataset.name == "classification/tiny" and dataset.dataset.digest == ("ab" * 32)[:36]
    assert {tag.value for tag in dataset.tags} == {"eval"} and len(run.inputs.model_inputs) == 1


def test_one_logged_model_per_revision_carries_metrics_by_dataset(make: Any, uri: str) -> None:
    runs = [
        logged(make(), uri),
        logged(make(benchmark="classification/other", digest="cd" * 32), uri),
        logged(make(model="m2"), uri),
    ]
    models = client(uri).search_logged_models([runs[0].info.experiment_id])
    assert sorted(model.name for model in models) == ["m1", "m2"]
    board = next(model for model in models if model.name == "m1")
    found = {(m.dataset_name, m.key): m.value for m in board.metrics}
    assert found["classification/tiny", "subclass.first_guess.main"] == 0.5
    assert found["classification/other", "subclass.first_guess.main"] == 0.5


def test_logging_twice_gives_one_run(make: Any, uri: str) -> None:
    folder = make("search")
    first = log_run(folder, uri, "exp", 10)
    assert log_run(folder, uri, "exp", 10) == first == folder.read_json("summary.json")
    del first["results"][0]["mlflow_run_id"]
    first["runspec"]["context"]["created"] = "2026-11-02T10:00:00+00:00"
    folder.write_json("summary.json", first)
    run_id = log_run(folder, uri, "exp", 10)["results"][0]["mlflow_run_id"]
    api = client(uri)
    assert [run.info.run_id for run in api.search_runs([api.get_run(run_id).info.experiment_id])] == [run_id]


def test_a_later_run_that_failed_does_not_lend_its_settings(make: Any, uri: str) -> None:
    folder = make("search")
    spec = folder.read_json("runspec.json")
    spec["settings"] |= {"seed": 99, "sweep": "later"}
    spec["context"]["created"] = "2026-12-24T10:00:00+00:00"
    folder.write_json("runspec.json", spec)
    run = logged(folder, uri)
    assert run.data.params["seed"] == "7" and run.data.tags["wae.sweep"] == "s1"
    assert run.data.tags["wae.created"] == "2026-11-01T10:00:00+00:00"
    file = client(uri).download_artifacts(run.info.run_id, "runspec.json")
    assert json.loads(Path(file).read_text(encoding="utf-8"))["settings"]["seed"] == 7


def test_a_deleted_run_and_a_failed_attempt_are_logged_anew(
    make: Any, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from wild_aieval.tracking import traces

    folder = make("search")
    with monkeypatch.context() as patched:
        patched.setattr(traces, "log_traces", lambda *_: 1 / 0)
        with pytest.raises(TrackingError, match="ZeroDivisionError"):
            log_run(folder, uri, "exp", 10)
    run = logged(folder, uri)
    api = client(uri)
    assert [r.info.run_id for r in api.search_runs([run.info.experiment_id])] == [run.info.run_id]
    api.delete_run(run.info.run_id)
    assert logged(folder, uri).info.run_id != run.info.run_id


def test_several_results_are_flat_runs_in_an_experiment_per_task(make_several: Any, uri: str) -> None:
    summary = log_run(make_several(), uri, "exp", 0)
    api = client(uri)
    for result in summary["results"]:
        run = api.get_run(result["mlflow_run_id"])
        assert api.get_experiment(run.info.experiment_id).name == f"exp/{result['task']}"
        assert "mlflow.parentRunId" not in run.data.tags


def test_artifacts_lie_beside_the_store(make: Any, uri: str, tmp_path: Path) -> None:
    run = logged(make(), uri)
    assert run.info.artifact_uri.startswith((tmp_path / "mlartifacts").as_uri())
    expected = {"runspec.json", "summary.json", "report.html", "flags.parquet", "items.json", "figures/reliability.svg"}
    assert expected <= files_of(uri, run)


def test_item_table_has_id_first_and_no_input(make: Any, uri: str) -> None:
    api, run = client(uri), logged(make(text="a long input text"), uri)
    table = json.loads(Path(api.download_artifacts(run.info.run_id, "items.json")).read_text(encoding="utf-8"))
    assert table["columns"][:3] == ["item_id", "predicted", "expected"] and "input" not in table["columns"]
    assert [row[0] for row in table["data"]] == ["i0", "i1", "i2", "i3"]
    assert "a long input text" not in json.dumps(table)


def test_flagged_and_audited_items_are_traces_with_an_assessment(make: Any, uri: str) -> None:
    run = logged(make(text="![x](http://example.invalid/y.png) <img src=z>"), uri)
    found = {trace.info.tags["wae.item_id"]: trace.info for trace in traces_of(uri, run)}
    assert sorted(found) == ["i1", "i2", "i3"]
    assert found["i1"].tags["wae.flagged"] == "false" and found["i2"].tags["wae.flagged"] == "true"
    for info in found.values():
        (assessment,) = info.assessments
        assert (assessment.name, assessment.value, assessment.source.source_type) == ("needs_review", True, "CODE")
        assert "![" not in info.request_preview and "<img" not in info.request_preview
    assert found["i2"].assessments[0].rationale == "the candidate's own score is low (0.3, limit 0.5)"
    assert "3 of 3 items that need a human look" in run.data.tags["mlflow.note.content"]


def test_at_most_max_traces_the_audit_sample_before_soft_reasons(make: Any, uri: str) -> None:
    folder = make()
    assert [row["item_id"] for row in called(read_results(folder)[0], 9)] == ["i1", "i2", "i3"]
    run = logged(folder, uri, max_traces=1)
    assert [trace.info.tags["wae.item_id"] for trace in traces_of(uri, run)] == ["i1"]
    assert "1 of 3 items that need a human look" in run.data.tags["mlflow.note.content"]


@pytest.mark.parametrize("confidentiality", ["shared-scores", "aggregate-only"])
def test_no_single_item_of_a_guarded_benchmark_leaves(
    make: Any, uri: str, tmp_path: Path, confidentiality: str
) -> None:
    run = logged(make(text="secret plough", confidentiality=confidentiality), uri)
    rows = {"items.json", "items.parquet", "flags.parquet", "statistics.npz"} & files_of(uri, run)
    assert not traces_of(uri, run) and bool(rows) is (confidentiality == "shared-scores")
    stored = [*(tmp_path / "mlartifacts").rglob("*"), tmp_path / "mlflow.db"]
    assert not any(b"secret plough" in file.read_bytes() for file in stored if file.is_file())


def test_errors_only(make: Any, uri: str) -> None:
    counts = {"asked": 4, "answered": 0, "errors": 4, "scored": 4}
    run = logged(make("translation", status="error", partial=True, counts=counts), uri)
    assert run.data.tags["wae.partial"] == "true" and "Partial" in run.data.tags["mlflow.note.content"]


def test_saved_views_decode_and_keep_earlier_columns(make: Any, uri: str) -> None:
    run = logged(make("search"), uri)
    api, experiment = client(uri), run.info.experiment_id
    measures = {"recall_90": {"value": 0.9, "low": 0.8, "high": 1.0, "n": 4, "signature": "x"}}
    logged(
        make(
            "search", model="m2", measures=make("search").read_json("summary.json")["results"][0]["measures"] | measures
        ),
        uri,
    )
    tags = api.get_experiment(experiment).tags
    compare, grouped = (
        views.decode(tags[f"mlflow.sharedViewState.{name}"]) for name in ("wae-compare", "wae-by-benchmark")
    )
    columns = compare["selectedColumns"]
    assert {"params.`model`", "params.`benchmark`", "metrics.`counts.errors`", "tags.`result.recall_10`"} <= set(
        columns
    )
    for name in ("recall_10", "recall_50", "recall_90"):
        assert {
            f"metrics.`{name}`",
            f"metrics.`{name}.ci_low`",
            f"metrics.`{name}.ci_high`",
            f"metrics.`{name}.n`",
        } <= set(columns)
    assert compare["groupBy"] is None and grouped["groupBy"]["groupByKeys"] == [
        {"mode": "param", "groupByData": "benchmark"}
    ]
    note = tags["mlflow.note.content"]
    assert f"#/experiments/{experiment}/runs" in note and "viewStateShareKey=wae-compare" in note
    assert all(
        not re.search(r"accepted|final", text, re.IGNORECASE) for text in (note, run.data.tags["mlflow.note.content"])
    )


@pytest.mark.parametrize(
    "tag", [None, "", "no json", '{"state": "deflate;###"}', '{"state": 3}', '{"state": "deflate;AAAA"}']
)
def test_a_view_of_another_make_is_replaced(tag: str | None) -> None:
    assert views.decode(tag) == {"selectedColumns": []}


def test_an_unreachable_server_fails_within_ten_seconds(make: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.perf_counter()
    with pytest.raises(TrackingError, match=rf"127.0.0.1:{port}.*Is the server running"):
        log_run(make(), f"http://127.0.0.1:{port}", "exp", 10)
    assert time.perf_counter() - started < 12


def test_a_silent_server_fails_within_twelve_seconds(make: Any) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        started = time.perf_counter()
        with pytest.raises(TrackingError):
            log_run(make(), f"http://127.0.0.1:{silent.getsockname()[1]}", "exp", 10)
        assert time.perf_counter() - started < 12


def test_a_damaged_store_is_a_readable_error(make: Any, tmp_path: Path) -> None:
    file = tmp_path / "broken.db"
    file.write_text("this is no database, " * 500)
    folder = make()
    before = folder.read_json("summary.json")
    with pytest.raises(TrackingError, match=r"broken\.db could not be written to.*Move a damaged file away"):
        log_run(folder, f"sqlite:///{file}", "exp", 10)
    assert folder.read_json("summary.json") == before


def test_a_deleted_experiment_is_a_readable_error(make: Any, uri: str) -> None:
    run = logged(make("search"), uri)
    client(uri).delete_experiment(run.info.experiment_id)
    with pytest.raises(TrackingError, match="was deleted"):
        log_run(make("search", model="m2"), uri, "exp", 10)


def test_a_relative_store_is_taken_from_the_working_directory(
    make: Any, uri: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    run_id = log_run(make("search"), "sqlite:///mlflow.db", "exp", 0)["results"][0]["mlflow_run_id"]
    monkeypatch.chdir("/")
    assert client(uri).get_run(run_id).info.artifact_uri.startswith((tmp_path / "mlartifacts").as_uri())


def test_previews_start_plain() -> None:
    item = {"item_id": "i1", "input": "a", "predicted": "b ![c](d)", "expected": "e", "status": "ok"}
    assert request_text(item) == "i1: a" and response_text(item, "why").startswith("b [c](d)\n")


@pytest.mark.slow
def test_eight_processes_open_a_fresh_store_at_once(make: Any, tmp_path: Path) -> None:
    folders = [make("search", model=f"m{number}") for number in range(8)]
    code = (
        "import sys; from pathlib import Path; from wild_aieval.records.run_folder import RunFolder;"
        "from wild_aieval.tracking.store import log_run;"
        "log_run(RunFolder(Path(sys.argv[1])), sys.argv[2], 'exp', 2)"
    )
    uri = f"sqlite:///{tmp_path / 'fresh' / 'mlflow.db'}"
    jobs = [
        subprocess.Popen([sys.executable, "-c", code, str(folder.path), uri], env=os.environ, stderr=subprocess.PIPE)
        for folder in folders
    ]
    said = [job.communicate(timeout=300)[1].decode() for job in jobs]
    assert [job.returncode for job in jobs] == [0] * 8, said
    api = client(uri)
    experiment = api.get_experiment_by_name("exp/search").experiment_id
    assert (
        len(api.search_runs([experiment])) == 8 and len(api.search_traces(locations=[experiment], max_results=50)) == 16
    )


@pytest.mark.slow
def test_a_true_run_is_logged(uri: str, tmp_path: Path) -> None:
    root = tmp_path / "benchmarks" / "classification" / "tiny"
    root.mkdir(parents=True)
    rows = [{"id": f"d{n}", "text": f"a plough {n}", "main": "A01B 3/00", "date": "2012-02-29"} for n in range(4)]
    for part in ("train", "test"):
        (root / f"{part}.jsonl").write_text(
            "".join(json.dumps(row | {"id": f"{part}{row['id']}"}) + "\n" for row in rows)
        )
    manifest = {
        "schema_version": 1, "name": "tiny", "task": "classification", "version": "1.0.0", "title": "Tiny",
        "licence": "CC0-1.0", "description": "For a test.", "languages": ["en"], "scheme": "IPC",
        "edition": "2023.01", "label_level": "subclass", "label_origin": "G", "creation": "by hand",
        "contributor": "the tests", "created": "2024-05-01", "confidentiality": "open",
        "data": {"format": "jsonl", "files": {"train": "train.jsonl", "test": "test.jsonl"}},
    }  # fmt: skip
    (root / "benchmark.yaml").write_text(json.dumps(manifest))
    run = tmp_path / "run"
    overrides = ["model=majority", "benchmark=classification/tiny", f"benchmark_roots=[{tmp_path / 'benchmarks'}]"]
    command = [sys.executable, "-m", "wild_aieval", *overrides, "tracking=none", f"hydra.run.dir={run}"]
    done = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | {"WILD_AIEVAL_RUNS": str(tmp_path / "runs")}
    )
    assert done.returncode == 0, done.stderr
    logged_run = logged(RunFolder(run), uri)
    assert logged_run.data.metrics["subclass.first_guess.main"] == 1.0
    assert (run / "report.html").is_file()
