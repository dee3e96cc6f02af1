"""SIGKILL at 200 points of real runs, also within a write, then ``resume``: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import shutil
import signal
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.records.journal import read

pytestmark = pytest.mark.slow

FINISHING = ("predictions", "items", "flags", "statistics", "summary", "runspec", "resources", "report")
TRACKING = ("mlflow database", "mlflow files")
KILLS = {"journal": 68, "finishing": 86, "tracking": 40, "clock": 6}  # those with MLflow take five times as long
AT_A_TIME = 4  # attempts of one run that are killed, before it may come to its end


def events(file: Path) -> Counter[str]:
    return Counter(row.partition("\t")[0] for row in file.read_text(encoding="utf-8").splitlines())


@pytest.fixture(scope="module")
def whole(forge: Any, seen: Any) -> Any:
    """What an uninterrupted run leaves, how many events each phase has, how long it takes: with MLflow and without."""
    found = {}
    for tracking in ("mlflow", "none"):
        scene = forge.scene(f"whole-{tracking}", store=tracking == "mlflow")
        log = scene / "events"
        done = forge.run(scene, *forge.command(scene, f"tracking={tracking}"), log=str(log))
        assert done["code"] == 0, done["stderr"]
        found[tracking] = (seen(scene), events(log), done["seconds"])
    return found


PHASES = {"journal": ("journal",), "finishing": FINISHING, "tracking": TRACKING, "clock": ("clock",)}


def kill_of(chance: random.Random, phase: str, count: Counter[str], seconds: float) -> dict[str, Any]:
    """Where to kill: by the clock, or at an event of a phase."""
    if phase == "clock":
        return {"after": chance.random() * seconds}
    how = ("before", "within", "after")[chance.randrange(3)]
    return {"kill": {"phase": phase, "number": chance.randint(1, count[phase]), "how": how, "share": chance.random()}}


def turn(kind: str, attempt: int, tried: Counter[str]) -> str:
    """The phase that was tried least; what a session took is written only by the one that asked, the first."""
    return min((one for one in PHASES[kind] if one != "resources" or attempt == 0), key=lambda one: tried[one])


@pytest.mark.parametrize("kind", KILLS)
def test_a_run_that_is_killed_and_resumed_equals_one_that_was_not(
    forge: Any, seen: Any, differ: Any, whole: Any, kind: str, record_property: Any
) -> None:
    chance = random.Random(f"sigkill {kind}")
    tracking = "mlflow" if kind in ("tracking", "clock") else "none"
    expected, count, seconds = whole[tracking]
    kills: Counter[str] = Counter()
    tried: Counter[str] = Counter()
    chain = 0
    while kills.total() < KILLS[kind]:
        scene = forge.scene(f"{kind}-{chain}", store=tracking == "mlflow")
        chain += 1
        forge.asked()
        story: list[Any] = []
        command = forge.command(scene, f"tracking={tracking}")
        for attempt in range(min(AT_A_TIME, KILLS[kind] - kills.total())):
            known = answered(scene)
            phase = turn(kind, attempt, tried)
            tried[phase] += 1
            where = kill_of(chance, phase, count, seconds)
            done = forge.run(scene, *command, **where)
            story.append((where, done["code"]))
            assert not known & set(forge.asked()), "what was answered was asked again"
            assert known <= answered(scene), "an answer was lost"
            if done["code"] != -signal.SIGKILL:
                assert done["code"] == 0, done["stderr"]
                continue  # the point does not come again: what it belongs to was done already
            kills[phase] += 1
            command = forge.resume(scene) if (scene / "run" / "runspec.json").exists() else command
        done = forge.run(scene, *command)
        assert done["code"] == 0, done["stderr"]
        assert differ(seen(scene), expected) == [], f"chain {chain}: {story}"
        shutil.rmtree(scene)
    record_property("sigkills", kills.total())
    record_property("runs that were killed and resumed", chain)
    assert kills.total() == KILLS[kind]
    assert all(kills[phase] >= 4 for phase in PHASES[kind]), kills


def answered(scene: Path) -> set[str]:
    journal = scene / "run" / "journal.jsonl"
    return {entry.item_id for entry in read(journal) if entry.status == "ok"}
