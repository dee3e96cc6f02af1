"""A run folder that says something new after it was logged: its later run counts, the earlier one stays and says so."""

from __future__ import annotations

import signal
import sqlite3
from pathlib import Path
from typing import Any

import pytest

FAILS = {"d3": "unknown", "d5": "failure"}  # asked again when the run is resumed: its time changes


@pytest.fixture(scope="module")
def failing(forge: Any) -> list[str]:
    """The command line of a run with an item in error, without its folder."""
    forge.place.model_file("failing", forge.place.tricky(FAILS) | {"name": "failing"})
    return ["model=failing" if word == "model=tricky" else word for word in forge.base] + ["max_error_rate=0.5"]


def runs_of(scene: Path) -> list[dict[str, Any]]:
    """Active runs, the oldest first: id, name, status, tags, number of traces and of their assessments."""
    link = sqlite3.connect(f"file:{scene / 'mlflow.db'}?mode=ro", uri=True)
    rows = link.execute(
        "SELECT run_uuid, name, status FROM runs WHERE lifecycle_stage = 'active' ORDER BY rowid"
    ).fetchall()
    found = []
    for run, name, status in rows:
        tags = dict(link.execute("SELECT key, value FROM tags WHERE run_uuid = ?", [run]).fetchall())
        own = "SELECT request_id FROM trace_request_metadata WHERE key = 'mlflow.sourceRun' AND value = ?"
        traces = link.execute(f"SELECT COUNT(*) FROM ({own})", [run]).fetchone()[0]
        notes = link.execute(f"SELECT COUNT(*) FROM assessments WHERE trace_id IN ({own})", [run]).fetchone()[0]
        found.append({"id": run, "name": name, "status": status, "tags": tags, "traces": traces, "notes": notes})
    link.close()
    return found


def test_the_run_of_a_resumed_folder_takes_the_place_of_the_one_before(forge: Any, failing: list[str]) -> None:
    scene = forge.scene("again")
    assert forge.run(scene, *failing, f"hydra.run.dir={scene}/run")["code"] == 0
    (first,) = runs_of(scene)
    assert "wae.superseded_by" not in first["tags"]
    assert first["notes"], "calls for review stand on its traces"
    for _ in range(2):
        assert forge.run(scene, *forge.resume(scene))["code"] == 0
    old, middle, new = runs_of(scene)
    assert [run["tags"].get("wae.superseded_by") for run in (old, middle, new)] == [new["id"], new["id"], None]
    assert old["name"] == middle["name"] == f"{new['name']} (superseded)"
    assert {run["status"] for run in (old, middle, new)} == {"FINISHED"}
    assert (old["traces"], old["notes"]) == (first["traces"], first["notes"]), "what people noted stays"
    changed = {"wae.superseded_by", "mlflow.runName"}
    assert {k: v for k, v in old["tags"].items() if k not in changed} == {
        k: v for k, v in first["tags"].items() if k not in changed
    }
    assert forge.run(scene, "log", f"{scene}/run")["code"] == 0
    assert runs_of(scene) == [old, middle, new], "logged again, nothing changes"


@pytest.mark.parametrize("number", [1, 20])
def test_an_attempt_that_was_killed_goes_when_the_resumed_run_is_another(
    forge: Any, failing: list[str], number: int
) -> None:
    """The result of the resumed run has another key, by which the attempt would not be found."""
    scene = forge.scene(f"attempt-{number}")
    at = {"phase": "mlflow database", "number": number, "how": "after", "share": 0.5, "signal": signal.SIGKILL.value}
    assert forge.run(scene, *failing, f"hydra.run.dir={scene}/run", kill=at)["code"] == -signal.SIGKILL
    assert forge.run(scene, *forge.resume(scene))["code"] == 0
    (run,) = runs_of(scene)
    assert run["status"] == "FINISHED"
    assert "wae.superseded_by" not in run["tags"]


def test_two_folders_of_the_same_settings_stay_apart(forge: Any) -> None:
    scene = forge.scene("apart")
    for name in ("one", "two"):
        assert forge.run(scene, *forge.base, f"hydra.run.dir={scene}/{name}")["code"] == 0
    one, two = runs_of(scene)
    assert one["tags"]["wae.origin"] != two["tags"]["wae.origin"]
    assert not {"wae.superseded_by"} & {*one["tags"], *two["tags"]}
