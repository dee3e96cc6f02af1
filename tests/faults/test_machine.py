"""Memory, clock, workers and neighbours: what can happen to a machine on which a run is at work."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.records.journal import read
from wild_aieval.testing import MockEndpoint

CONF = Path(__file__).resolve().parents[2] / "conf" / "model"
# Arrow, in C++, aborts where it cannot start a thread or an allocation without a check fails; C code that does not
# check its allocations ends with a segmentation fault; the loader of programs exits with 127 where there is no room for
# the variables of a thread.
OF_LIBRARIES = (-signal.SIGABRT, -signal.SIGSEGV, 127)
DYING_TOOL = """
import json, os, pathlib, signal, sys

died = pathlib.Path("died")
for line in sys.stdin:
    item = json.loads(line)
    if item.get("text") == "text number 6" and not died.exists():
        died.write_text("once")
        os.kill(os.getpid(), signal.SIGKILL)
    print(json.dumps({"id": item["id"], "suggestions": [["A01B", 0.9]]}), flush=True)
"""


def test_memory_that_ends_costs_no_answer(forge: Any, seen: Any, differ: Any, record_property: Any) -> None:
    """Where Python meets the end it is told in words; where a library does, that ends the process in its own way."""
    plenty, scene = forge.scene("plenty", store=False), forge.scene("memory", store=False)
    assert forge.run(plenty, *forge.command(plenty, "tracking=none"))["code"] == 0
    ended = 0
    for megabytes in (1, 4, 7, 12, 24, 200):
        known = answered(scene)
        forge.asked()
        done = forge.run(scene, *forge.command(scene, "tracking=none"), limits={"as": megabytes * 2**20})
        assert not known & set(forge.asked()), "what was answered was asked again"
        assert known <= answered(scene), "an answer was lost"
        ended += done["code"] != 0
        if done["code"] == 1:
            assert forge.clean(done["stderr"]), done["stderr"]
            told = ("memory left", "journalled are kept", "results are kept")  # Python's own C code may lose the cause
            assert any(words in done["stderr"] for words in told), done["stderr"]
        else:
            assert done["code"] in (0, *OF_LIBRARIES), done
    assert done["code"] == 0, done["stderr"]
    done = forge.run(scene, *forge.command(scene, "tracking=none"))
    assert done["code"] == 0, done["stderr"]
    assert differ(seen(scene), seen(plenty)) == []
    assert ended >= 2
    record_property("runs without memory", ended)


def answered(scene: Path) -> set[str]:
    return {entry.item_id for entry in read(scene / "run" / "journal.jsonl") if entry.status == "ok"}


def test_a_clock_that_jumps_by_years_changes_no_duration(forge: Any, seen: Any, differ: Any) -> None:
    steady, jumping = forge.scene("steady"), forge.scene("jumping")
    assert forge.run(steady, *forge.command(steady))["code"] == 0
    done = forge.run(jumping, *forge.command(jumping), years=[0, 3, -4, 9, -20])
    assert done["code"] == 0, done["stderr"]
    assert differ(seen(jumping), seen(steady)) == []
    assert all(0 <= entry.seconds < 30 for entry in read(jumping / "run" / "journal.jsonl"))
    timing = json.loads((jumping / "run" / "summary.json").read_text(encoding="utf-8"))["results"][0]["timing"]
    assert 0 <= timing["seconds"] < 60
    assert all(0 <= value < 30 for value in timing["latency"].values())


def test_an_endpoint_that_is_lost_half_way_stops_the_run_and_costs_nothing(forge: Any) -> None:
    scene = forge.scene("endpoint", store=False)
    model = yaml.safe_load((CONF / "http-classifier.yaml").read_text(encoding="utf-8"))
    quick = {"concurrency": 1, "retry_seconds": 1.0, "stop_after": 2, "connect_seconds": 1.0}
    with MockEndpoint(latency=2.0) as endpoint:
        port = int(endpoint.url.rpartition(":")[2])
        forge.place.model_file("http-own", model | quick | {"name": "http-own", "url": f"{endpoint.url}/classify"})
        base = ["model=http-own" if word == "model=tricky" else word for word in forge.base]
        command = [*base, "tracking=none", f"hydra.run.dir={scene / 'run'}", "inference.chunk_size=1"]
        process = subprocess.Popen(
            [sys.executable, "-m", "wild_aieval", *command],
            env=forge.place.environment(),
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        journal, end = scene / "run" / "journal.jsonl", time.monotonic() + 100
        while time.monotonic() < end and not (journal.is_file() and journal.read_bytes().count(b"\n") >= 1):
            time.sleep(0.02)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 1, err
    assert "gives no answers" in err
    assert "resume" in err
    assert "Traceback" not in err
    before = [entry for entry in read(journal) if entry.status == "ok"]
    assert 1 <= len(before) < 12
    with MockEndpoint(port=port):
        done = forge.run(scene, *forge.resume(scene))
        assert done["code"] == 0, done["stderr"]
    after = [entry.item_id for entry in read(journal) if entry.status == "ok"]
    assert after[: len(before)] == [entry.item_id for entry in before]
    assert sorted(after) == sorted(f"d{n}" for n in range(12)), "every item was answered, and once"


def test_a_program_that_is_killed_is_started_again_and_no_answer_is_lost(forge: Any) -> None:
    scene = forge.scene("program", store=False)
    tool = scene / "tool.py"
    tool.write_text(DYING_TOOL, encoding="utf-8")
    model = yaml.safe_load((CONF / "command-example.yaml").read_text(encoding="utf-8"))
    changes = {"name": "dying", "command": [sys.executable, "tool.py"], "cwd": str(scene), "files": ["tool.py"]}
    forge.place.model_file("dying", model | changes)
    base = ["model=dying" if word == "model=tricky" else word for word in forge.base]
    done = forge.run(scene, *base, "tracking=none", f"hydra.run.dir={scene / 'run'}")
    assert (scene / "died").exists()
    assert done["code"] == 0, done["stderr"]
    answers = [entry.item_id for entry in read(scene / "run" / "journal.jsonl") if entry.status == "ok"]
    assert sorted(answers) == sorted(f"d{n}" for n in range(12))


@pytest.fixture
def at_work(place: Any, documents: Any) -> Any:
    """A run, or a sweep, as a process that has begun to ask."""
    place.classification(documents)
    own = place.model_file("tricky", place.tricky() | {"seconds": 60.0})
    ground = ["--config-dir", own, "model=tricky", "benchmark=tiny", f"benchmark_roots=[{place.benchmarks}]"]
    base = [*ground, "inference.chunk_size=1", "tracking=none"]
    processes = []

    def start(journal: Path, *more: str, first: Sequence[str] = ()) -> tuple[Any, list[str]]:
        process = place.start(*first, *base, *more)
        processes.append(process)
        end = time.monotonic() + 100
        while time.monotonic() < end and not journal.is_file():
            time.sleep(0.02)
        return process, base

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def test_a_folder_at_work_refuses_every_other_command_and_a_dead_lock_blocks_nobody(place: Any, at_work: Any) -> None:
    folder = place.root / "run"
    process, base = at_work(folder / "journal.jsonl", f"hydra.run.dir={folder}")
    for command in (["resume", str(folder)], ["rescore", str(folder)], [*base, f"hydra.run.dir={folder}"]):
        done = place.cli(*command)
        assert done.returncode == 1, done
        assert "another run is at work in this folder. Wait for it" in done.stderr
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (folder / ".lock").exists()
    spec = json.loads((folder / "runspec.json").read_text(encoding="utf-8"))
    spec["settings"]["model"]["seconds"] = 0.0
    (folder / "runspec.json").write_text(json.dumps(spec), encoding="utf-8")
    done = place.cli("resume", str(folder))
    assert done.returncode == 0, done.stderr


def test_two_sweeps_in_one_folder_are_refused_before_anything_is_written(place: Any, at_work: Any) -> None:
    sweep = place.root / "sweep"
    _, base = at_work(sweep / "0-tricky" / "journal.jsonl", "seed=0,1", f"hydra.sweep.dir={sweep}", first=["-m"])
    before = (sweep / "multirun.yaml").read_bytes()
    done = place.cli("-m", *base, "seed=2,3", f"hydra.sweep.dir={sweep}")
    assert done.returncode == 1, done
    assert "another sweep is at work in this folder. Wait for it, or choose another hydra.sweep.dir." in done.stderr
    assert "Traceback" not in done.stderr
    assert (sweep / "multirun.yaml").read_bytes() == before
