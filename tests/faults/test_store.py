"""A store of MLflow that is locked, damaged, read-only or gone, and eight runs that log at the same time."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="module")
def finished(forge: Any) -> Path:
    """A complete run that was not logged."""
    scene = forge.scene("finished", store=False)
    assert forge.run(scene, *forge.command(scene, "tracking=none"))["code"] == 0
    return scene


@pytest.mark.parametrize("fault", ["garbage", "folder", "truncated", "no server"])
def test_a_store_that_cannot_be_used_costs_nothing_but_the_logging(
    forge: Any, seen: Any, differ: Any, finished: Path, fault: str
) -> None:
    scene = forge.scene(f"store-{fault.replace(' ', '-')}")
    store, command = scene / "mlflow.db", forge.command(scene)
    if fault == "garbage":
        store.write_bytes(b"no database" * 1000)
    elif fault == "folder":
        store.unlink()
        store.mkdir()
    elif fault == "truncated":
        store.write_bytes(store.read_bytes()[:20_000])
    else:
        command.append("tracking.uri=http://127.0.0.1:9")
    done = forge.run(scene, *command)
    assert done["code"] == 0, done
    assert "The run is complete and kept in" in done["stderr"]
    assert f"Log it later with: python -m wild_aieval log {scene / 'run'}" in done["stderr"]
    assert forge.clean(done["stderr"]), done["stderr"]
    if store.is_file():
        store.unlink()
    elif store.is_dir():
        store.rmdir()
    assert differ(seen(scene)["folder"], seen(finished)["folder"]) == []


@pytest.mark.slow
def test_a_store_that_another_process_holds_is_told_and_logged_later(forge: Any, seen: Any) -> None:
    scene = forge.scene("locked")
    link = sqlite3.connect(scene / "mlflow.db", isolation_level=None, timeout=0)
    link.execute("BEGIN EXCLUSIVE")
    done = forge.run(scene, *forge.command(scene))
    link.execute("ROLLBACK")
    link.close()
    assert done["code"] == 0, done
    assert "locked" in done["stderr"]
    assert f"Log it later with: python -m wild_aieval log {scene / 'run'}" in done["stderr"]
    assert forge.clean(done["stderr"]), done["stderr"]
    assert forge.run(scene, "log", str(scene / "run"))["code"] == 0
    assert len(seen(scene)["mlflow"]["runs"]) == 1


@pytest.mark.slow
def test_several_runs_log_into_one_store_at_the_same_time(forge: Any, seen: Any, record_property: Any) -> None:
    """Processes of their own, since a store that is made at the same time must be made once."""
    count, scene = 8, forge.scene("several", store=False)
    for number in range(count):
        more = ["tracking=none", "tracking.max_traces=100", f"seed={number}", f"hydra.run.dir={scene}/run-{number}"]
        assert forge.run(scene, *forge.base, *more)["code"] == 0
    uri = f"sqlite:///{scene / 'mlflow.db'}"
    answers: dict[int, Any] = {}

    def log(number: int) -> None:
        command = [sys.executable, "-m", "wild_aieval", "log", f"{scene}/run-{number}", "--uri", uri]
        environment = forge.place.environment() | {"OMP_NUM_THREADS": "1", "WILD_AIEVAL_RUNS": str(scene)}
        answers[number] = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=400)

    threads = [threading.Thread(target=log, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [
        (answers[number].returncode, answers[number].stderr) for number in range(count) if answers[number].returncode
    ] == []
    (scene / "run").symlink_to(scene / "run-0")
    held = seen(scene)["mlflow"]
    assert [status for _, status, _ in held["runs"]] == ["FINISHED"] * count
    for _, _, run in held["runs"]:
        own = sum(row[3] == "own" for row in run["traces"])
        assert own >= 2
        assert f"{own} of {own} items that need a human look are shown" in dict(run["tags"])["mlflow.note.content"]
    assert len({len(run["metrics"]) for _, _, run in held["runs"]}) == 1
    assert all("report.html" in run["files"] and "items.json" in run["files"] for _, _, run in held["runs"])
    assert len(held["experiments"]) == 2
    record_property("runs logged at the same time", count)
