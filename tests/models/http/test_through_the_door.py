"""Whole runs against an endpoint: interrupted, stopped and continued, with keys that are in no file afterwards."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.journal import read
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.testing import MockEndpoint

KEY = "office-key-0123456789"
ROWS = [{"id": f"d{n}", "text": f"text number {n}", "main": "A01B"} for n in range(40)]


def arguments(place: Any, url: str, folder: RunFolder, **settings: Any) -> list[str]:
    own = place.model_file("mine", {
        "name": "mine", "kind": "http", "task": "classification", "url": f"{url}/classify",
        "request": {"text": "{text}"}, "response": {"symbols": "predictions[].symbol", "scores": "predictions[].score"},
        **settings,
    })  # fmt: skip
    roots = f"benchmark_roots=[{place.benchmarks}]"
    base = ["--config-dir", own, "model=mine", "benchmark=tiny", roots, f"hydra.run.dir={folder.path}"]
    return [*base, "inference.chunk_size=4"]


def wait_for(folder: RunFolder, entries: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if folder.journal.exists() and folder.journal.read_bytes().count(b"\n") >= entries:
            return
        time.sleep(0.01)
    pytest.fail("the run wrote no journal")


def test_what_an_answer_took_is_in_the_journal(place: Any) -> None:
    place.classification(ROWS[:4])
    folder = RunFolder(place.root / "run")
    with MockEndpoint(latency=0.05) as endpoint:
        done = place.cli(*arguments(place, endpoint.url, folder, concurrency=2), "tracking=none")
    assert done.returncode == 0, done.stderr
    usages = [entry.usage for entry in read(folder.journal)]
    assert all(usage and 0.05 <= usage["seconds"] < 0.5 and usage["attempts"] == 1 for usage in usages)
    assert sum(usage["queued"] >= 0.04 for usage in usages if usage) == 2


def test_ctrl_c_ends_at_once_and_the_run_can_be_continued(place: Any) -> None:
    place.classification(ROWS)
    folder = RunFolder(place.root / "run")
    with MockEndpoint(latency=0.3) as endpoint:
        process = place.start(*arguments(place, endpoint.url, folder, concurrency=2), "tracking=none")
        wait_for(folder, 4)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        _, err = process.communicate(timeout=30)
        assert process.returncode == 130
        assert time.monotonic() - begun < 5
        assert "resume" in err
        assert "Traceback" not in err
        assert "Exception ignored" not in err
        assert "never retrieved" not in err
        assert 4 <= len(list(read(folder.journal))) < 40
        endpoint._latency = 0.0
        assert place.cli("resume", str(folder.path)).returncode == 0


def test_an_endpoint_that_goes_stops_the_run_which_continues_when_it_is_back(place: Any) -> None:
    place.classification(ROWS)
    folder = RunFolder(place.root / "run")
    quick = {"retry_seconds": 0.5, "stop_after": 3, "concurrency": 2}
    with MockEndpoint(latency=0.1) as endpoint:
        process = place.start(*arguments(place, endpoint.url, folder, **quick), "tracking=none")
        wait_for(folder, 4)
        port = int(endpoint.url.rpartition(":")[2])
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1, err
    assert f"the endpoint 127.0.0.1:{port} gives no answers" in err
    assert "resume" in err
    assert "Traceback" not in err
    kept = {entry.item_id for entry in read(folder.journal) if entry.status == "ok"}
    assert 4 <= len(kept) < 40
    assert sum(entry.status == "error" for entry in read(folder.journal)) < 3, "only those given up before the stop"
    with MockEndpoint(port=port) as endpoint:
        assert place.cli("resume", str(folder.path)).returncode == 0
        assert len(endpoint.asked) == 40 - len(kept)


@pytest.mark.slow
def test_a_key_is_in_no_file_and_on_no_screen(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OFFICE_KEY", KEY)
    place.classification(ROWS[:8])
    folder = RunFolder(place.root / "runs" / "run")
    headers = {"Authorization": {"env": "OFFICE_KEY", "prefix": "Bearer "}}
    with MockEndpoint(key="another") as endpoint:  # which repeats the wrong key in its answer
        done = place.cli(*arguments(place, endpoint.url, folder, headers=headers, revision="7"), "debug=true")
    assert done.returncode == 2, done.stderr
    assert endpoint.asked[0].headers["Authorization"] == f"Bearer {KEY}"
    assert "wrong key: Bearer ***" in folder.journal.read_text()
    files = [file for file in Path(place.root).rglob("*") if file.is_file()]
    assert any(file.name == "mlflow.db" for file in files)
    assert any(file.name == "report.html" for file in files)
    for file in files:
        assert KEY.encode() not in file.read_bytes(), file
    assert KEY not in done.stdout + done.stderr


@pytest.mark.parametrize(("seconds", "sizes"), [(60.0, [4, 36]), (0.0, [4] * 10)])
def test_chunks_grow_as_long_as_they_are_short(
    place: Any, monkeypatch: pytest.MonkeyPatch, seconds: float, sizes: list[int]
) -> None:
    from wild_aieval import evaluate
    from wild_aieval.models.http.generic import HttpCandidate

    asked: list[int] = []
    classify = HttpCandidate.classify

    def noted(self: HttpCandidate, documents: Any) -> Any:
        asked.append(len(documents))
        return classify(self, documents)

    monkeypatch.setattr(HttpCandidate, "classify", noted)
    monkeypatch.setattr(evaluate, "_LONG_CHUNK", seconds)
    place.classification(ROWS)
    with MockEndpoint() as endpoint:
        settings = {
            "name": "mine", "kind": "http", "task": "classification", "url": f"{endpoint.url}/classify",
            "request": {"text": "{text}"}, "response": {"symbols": "predictions[].symbol"},
        }  # fmt: skip
        summary, folder = place.run(settings, inference={"name": "local", "chunk_size": 4})
    assert asked == sizes
    assert summary["results"][0]["counts"]["answered"] == 40
    assert [entry.item_id for entry in read(folder.journal)] == [row["id"] for row in ROWS]
