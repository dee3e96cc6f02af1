"""Ctrl-C, SIGTERM and a closed terminal: a clean end with 130 and the command that goes on, wherever it comes."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

SIGNALS = ("SIGINT", "SIGTERM", "SIGHUP")
# In an order in which nothing is in MLflow before its turn comes; hence also the first half of each phase only.
PHASES = ("journal", "predictions", "statistics", "summary", "report", "mlflow database", "mlflow files")


@pytest.fixture(scope="module")
def whole(forge: Any, seen: Any) -> Any:
    scene = forge.scene("whole")
    log = scene / "events"
    done = forge.run(scene, *forge.command(scene), log=str(log))
    assert done["code"] == 0, done["stderr"]
    counts = Counter(row.partition("\t")[0] for row in log.read_text(encoding="utf-8").splitlines())
    return seen(scene), counts


@pytest.mark.slow
@pytest.mark.parametrize("name", SIGNALS)
def test_a_run_that_is_told_to_stop_stops_cleanly_and_goes_on(
    forge: Any, seen: Any, differ: Any, whole: Any, name: str, record_property: Any
) -> None:
    expected, counts = whole
    chance = random.Random(f"signal {name}")
    scene = forge.scene(f"stopped-{name}")
    command, stops, late = forge.command(scene), 0, []
    for phase in PHASES:
        at = {
            "phase": phase,
            "number": chance.randint(1, max(1, counts[phase] // 2)),
            "how": chance.choice(["before", "after"]),
        }
        done = forge.run(scene, *command, kill=at | {"signal": signal.Signals[name].value})
        if done["code"] == 0 and phase.startswith("mlflow"):
            late.append(at)
            continue  # what is in the store already is not written again
        assert done["code"] == 130, (at, done)
        assert f"continue with: python -m wild_aieval resume {scene / 'run'}" in done["stderr"], at
        assert "What was answered is kept" in done["stderr"]
        assert forge.clean(done["stderr"]), (at, done["stderr"])
        command, stops = forge.resume(scene), stops + 1
    done = forge.run(scene, *command)
    assert done["code"] == 0, done["stderr"]
    assert differ(seen(scene), expected) == []
    record_property("stops by a signal", stops)
    assert stops >= len(PHASES) - 1, late


def test_before_anything_was_asked_the_same_command_is_named(forge: Any) -> None:
    scene = forge.scene("early", store=False)
    at = {"phase": "runspec", "number": 1, "how": "before", "signal": signal.SIGTERM.value}
    done = forge.run(scene, *forge.command(scene, "tracking=none"), kill=at)
    assert done["code"] == 130
    assert "Nothing was asked yet. Give the same command again." in done["stderr"]
    assert forge.clean(done["stderr"])


def test_a_terminal_that_closes_does_not_end_what_was_started_with_nohup(forge: Any) -> None:
    scene = forge.scene("nohup", store=False)
    at = {"phase": "journal", "number": 2, "how": "after", "signal": signal.SIGHUP.value}
    done = forge.run(scene, *forge.command(scene, "tracking=none"), kill=at, ignored=["SIGHUP"])
    assert done["code"] == 0


def test_a_scheduler_stops_what_a_shell_started_in_its_background(forge: Any) -> None:
    scene = forge.scene("background", store=False)
    at = {"phase": "journal", "number": 2, "how": "after", "signal": signal.SIGTERM.value}
    done = forge.run(scene, *forge.command(scene, "tracking=none"), kill=at, ignored=["SIGINT"])
    assert done["code"] == 130
    assert f"resume {scene / 'run'}" in done["stderr"]


@pytest.mark.parametrize("phase", ["journal", "report"])
def test_a_sweep_that_is_told_to_stop_names_its_folder_and_goes_on(forge: Any, phase: str) -> None:
    scene = forge.scene(f"sweep-{phase}", store=False)
    command = ["-m", *forge.base, "seed=0,1", "tracking=none", f"hydra.sweep.dir={scene}/sweep"]
    at = {"phase": phase, "number": 1, "how": "after", "signal": signal.SIGTERM.value}
    done = forge.run(scene, *command, kill=at)
    assert done["code"] == 130, done
    assert f"hydra.sweep.dir={scene}/sweep" in done["stderr"]
    assert "same command" in done["stderr"]
    assert forge.clean(done["stderr"])
    done = forge.run(scene, *command)
    assert done["code"] == 0, done["stderr"]
    assert (scene / "sweep" / "1-tricky" / "summary.json").is_file()


@pytest.mark.parametrize("verb", ["rescore", "resume"])
def test_other_commands_stop_as_cleanly(forge: Any, seen: Any, differ: Any, verb: str) -> None:
    scene = forge.scene(f"other-{verb}", store=False)
    assert forge.run(scene, *forge.command(scene, "tracking=none"))["code"] == 0
    before = seen(scene)
    for phase in ("items", "summary", "report"):
        at = {"phase": phase, "number": 2, "how": "before", "signal": signal.SIGTERM.value}
        done = forge.run(scene, verb, str(scene / "run"), kill=at)
        assert done["code"] == 130, done
        assert ("resume" if verb == "resume" else "Give the same command again") in done["stderr"]
        assert forge.clean(done["stderr"])
    assert forge.run(scene, verb, str(scene / "run"))["code"] == 0
    found, expected = seen(scene)["folder"], before["folder"]
    found["files"] = [name for name in found["files"] if name != "changes.json"]
    assert differ(found, expected) == []


def slow_run(place: Any, documents: Any, **settings: Any) -> tuple[Any, Path]:
    """A run as a process of its own that has answered something and has much before it."""
    place.classification(documents)
    own = place.model_file("tricky", place.tricky() | {"seconds": 0.3} | settings)
    folder = place.root / "run"
    ground = ["model=tricky", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]", "inference.chunk_size=1"]
    process = place.start("--config-dir", own, *ground, "tracking=none", f"hydra.run.dir={folder}")
    end = time.monotonic() + 60
    while time.monotonic() < end and not (folder / "journal.jsonl").is_file():
        time.sleep(0.01)
    return process, folder


def test_a_scheduler_that_kills_after_its_grace_finds_nobody(place: Any, documents: Any) -> None:
    process, folder = slow_run(place, documents)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=25)  # Slurm waits for 30 s
    assert process.returncode == 130
    assert f"resume {folder}" in err
    assert "Traceback" not in err


def test_who_asks_twice_gets_no_traceback_and_the_same_words(place: Any, documents: Any) -> None:
    process, folder = slow_run(place, documents)
    for _ in range(8):
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    _, err = process.communicate(timeout=25)
    assert process.returncode in (130, -signal.SIGINT), "a shell shows 130 for both"
    assert "Traceback" not in err
    assert err.count(f"resume {folder}") == 1
    done = place.cli("resume", str(folder))
    assert done.returncode == 0, done.stderr


def test_the_desk_closes_on_sigterm(place: Any) -> None:
    place.classification([{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(6)])
    place.run(place.tricky({"d1": "unknown", "d3": "unknown"}))
    process = place.start("review", "desk", str(place.root / "run"), "--port", "0")
    said = ""
    while "until you end it" not in said:
        line = process.stdout.readline()
        assert line, process.stderr.read()
        said += line
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=25)
    assert process.returncode in (0, 130)
    assert "The desk is closed. What was answered is in the ledger." in out
    assert "Traceback" not in err
