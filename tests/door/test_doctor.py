"""``doctor``: what can run here, and why the rest cannot."""

from __future__ import annotations

import datetime
import http.server
import json
import os
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main


def test_the_machine_and_every_candidate_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["machine"]["cores"] >= 1
    assert found["machine"]["libraries"]["torch"]
    rows = {row["model"]: row for row in found["candidates"]}
    assert rows["tfidf"]["here"] == "yes"
    assert "path" in rows["transformers-classifier"]["here"]


def test_a_named_candidate_that_cannot_run_is_exit_1_with_the_reason(
    place: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    own = place.model_file("mine", {"name": "mine", "kind": "transformers-classifier", "path": "/nowhere/model"})
    assert main(["doctor", "mine", "--config-dir", own]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "cannot" in shown
    assert "/nowhere/model" in shown
    assert main(["doctor", "bm25"]) == 0
    assert main(["doctor", "bm52"]) == 1
    assert "Did you mean 'bm25'" in capsys.readouterr().err


def test_a_file_that_is_no_model_and_a_broken_adapter_are_told(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    place.model_file("words", {"kind": "unheard-of"})
    own = place.model_file("fine", {"name": "fine", "kind": "bm25"})
    from wild_aieval.models import registry

    def broken(*_: object) -> None:
        raise RuntimeError("libfoo is missing")

    monkeypatch.setattr(registry, "build", broken)
    assert main(["doctor", "words", "fine", "--config-dir", own, "--json"]) == 1
    rows = {row["model"]: row["here"] for row in json.loads(capsys.readouterr().out)["candidates"]}
    assert "there is no model kind 'unheard-of'" in rows["words"]
    assert rows["fine"] == "RuntimeError: libfoo is missing"


def checks(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> dict[str, list[dict[str, str]]]:
    """Findings by what they are about."""
    capsys.readouterr()
    assert main(["doctor", "--machine", "--json", *words]) == code
    found: dict[str, list[dict[str, str]]] = {}
    for row in json.loads(capsys.readouterr().out)["checks"]:
        found.setdefault(row["about"], []).append(row)
    return found


def test_the_machine_alone_is_told_fast_and_nothing_heavy_is_imported(place: Any) -> None:
    code = "import sys; from wild_aieval.cli import main; assert main(['doctor', '--machine']) == 0; "
    code += "sys.exit(bool({'torch', 'mlflow', 'transformers', 'datasets', 'sklearn'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], env=place.environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    about = {line.split()[1] for line in done.stdout.splitlines() if line.split()[0] in ("ok", "look", "broken")}
    assert about >= {"python", "packages", "threads", "memory", "clock", "disk", "locks", "rights", "mlflow", "hub"}
    assert about >= {"extras", "accelerators", "programs", "benchmarks", "runs", "cache"}


def test_runs_and_benchmarks_that_need_a_hand(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    runs = place.root / "runs"
    (runs / "day" / "open").mkdir(parents=True)
    (runs / "day" / "open" / "runspec.json").write_text("{}", encoding="utf-8")
    (runs / "day" / ".going-old").mkdir()
    found = checks(capsys)
    assert any("resume" in row["remedy"] and row["mark"] == "look" for row in found["runs"])
    assert found["leftovers"][0]["remedy"].startswith("rm -r ")
    place.write("search", "wrong", {"version": "one"}, {})
    found = checks(capsys, "--root", str(place.benchmarks), code=1)
    assert any("wrong" in row["text"] and row["mark"] == "broken" for row in found["benchmarks"])


def test_threads_and_memory_of_a_container(
    place: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from wild_aieval.operations.checks import machine

    group = tmp_path / "cgroup"
    group.mkdir()
    monkeypatch.setattr(machine, "CGROUP", group)
    for name in machine.THREADS:
        monkeypatch.delenv(name, raising=False)
    assert checks(capsys)["threads"][0]["mark"] == "ok"
    (group / "cpu.max").write_text("50000 100000\n", encoding="ascii")
    (group / "memory.max").write_text(f"{2**30}\n", encoding="ascii")
    found = checks(capsys)
    assert "0.5" in found["threads"][0]["text"] and found["threads"][0]["remedy"] == "export OMP_NUM_THREADS=1"
    assert found["memory"][0]["mark"] == "look" and "1.0 GiB" in found["memory"][0]["text"]
    (group / "cpu.max").write_text("max 100000\n", encoding="ascii")
    monkeypatch.setenv("OMP_NUM_THREADS", "4096")
    assert "more threads than cores" in checks(capsys)["threads"][0]["text"]


def test_keys_are_named_and_never_shown(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = {"name": "ours", "kind": "http", "url": "http://127.0.0.1:9/", "headers": {"X-Key": {"env": "OURS_KEY"}}}
    own = place.model_file("ours", raw)
    (row,) = [one for one in checks(capsys, "--config-dir", own)["endpoints"] if "ours" in one["text"]]
    assert row["mark"] == "look" and "OURS_KEY is not set" in row["text"]
    monkeypatch.setenv("OURS_KEY", "sesame-open")
    monkeypatch.setenv("HF_TOKEN", "sesame-hub")
    assert main(["doctor", "--machine", "--config-dir", own]) == 0
    said = capsys.readouterr().out
    assert "OURS_KEY is set" in said and "a token is set" in said and "sesame" not in said


class Server(http.server.BaseHTTPRequestHandler):
    """As much of a server of MLflow as the check asks for."""

    status, version = 200, "3.17.2"

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        status = 200 if given == "Basic YW5uYTpzZXNhbWU=" and self.status == 401 else self.status
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:9/elsewhere")
        self.end_headers()
        self.wfile.write(self.version.encode() if self.path == "/version" else b"{}")

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[str]:
    """The address of a server of its own."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server) as made:
        threading.Thread(target=made.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()


@pytest.mark.parametrize(
    ("status", "version", "mark", "words"),
    [
        (200, "3.17.2", "ok", "answers (MLflow 3.17.2)"), (200, "9.1.0", "look", "is MLflow 9.1.0"),
        (401, "", "broken", "wants a login"), (403, "", "broken", "wants a login"),
        (404, "", "broken", "HTTP 404"), (302, "", "broken", "HTTP 302"), (500, "", "broken", "HTTP 500"),
    ],
)  # fmt: skip
def test_a_server_of_mlflow(
    place: Any, server: str, status: int, version: str, mark: str, words: str,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    for name in ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Server, "status", status)
    monkeypatch.setattr(Server, "version", version)
    (row,) = checks(capsys, "--uri", server, code=int(mark == "broken"))["mlflow"]
    assert row["mark"] == mark and words in row["text"]
    if status == 401:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "anna")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "wrong")
        assert "refuses the login" in checks(capsys, "--uri", server, code=1)["mlflow"][0]["text"]
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "sesame")
        assert checks(capsys, "--uri", server)["mlflow"][0]["mark"] == "ok"


def test_stores_that_are_not_there_or_not_whole(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    begun = time.monotonic()
    (row,) = checks(capsys, "--uri", "http://127.0.0.1:9", code=1)["mlflow"]
    assert "is not reached" in row["text"] and time.monotonic() - begun < 5
    file = place.root / "damaged.db"
    file.write_bytes(b"no database" * 99)
    assert checks(capsys, "--uri", f"sqlite:///{file}", code=1)["mlflow"][0]["mark"] == "broken"
    old = place.root / "old.db"
    with closing(sqlite3.connect(old)) as connection:
        connection.executescript("CREATE TABLE alembic_version (version_num); INSERT INTO alembic_version VALUES ('0')")
    (row,) = checks(capsys, "--uri", f"sqlite:///{old}")["mlflow"]
    assert row["mark"] == "look" and "mlflow db upgrade" in row["remedy"]
    row = checks(capsys, "--uri", "postgresql://anna:sesame@127.0.0.1:9/db", code=1)["mlflow"][0]
    assert row["mark"] == "broken" and "sesame" not in json.dumps(row)


def test_a_place_that_cannot_be_written(
    place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)  # whoever runs as root may write everywhere
    assert checks(capsys, code=1)["rights"][0]["mark"] == "broken"


def test_wrong_clocks_are_told(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from wild_aieval.operations.checks import Place, machine

    class Early(datetime.datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.datetime(1970, 1, 1, tzinfo=tz)

    monkeypatch.setattr(machine.datetime, "datetime", Early)
    (row,) = machine.clock(Place(place.root, ""))
    assert row.mark == "broken" and "1970" in row.text


def test_a_check_that_fails_is_a_finding(place: Any, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    from wild_aieval.operations.checks import disk

    def room(_: Any) -> Any:
        raise RuntimeError("no such disk")

    monkeypatch.setattr(disk, "room", room)
    assert "no such disk" in checks(capsys)["room"][0]["text"]
    assert main(["doctor", "bm25", "--machine"]) == 1
