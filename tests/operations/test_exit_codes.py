"""Exit codes: 0 done, 1 wrong input or configuration, 2 too many items in error, 130 interrupted. One table."""

from __future__ import annotations

import importlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.help import COMMANDS

SAMPLES = Path(__file__).parents[1] / "upgrades" / "samples" / "v1"
RUN, NOWHERE = "runs/words", "nowhere"
SMALL = ["benchmark=classification/invented", "benchmark_roots=[benchmarks]", "tracking=none", "progress=false"]
OWN = ["--config-dir", "own", "benchmark=tiny", "benchmark_roots=[benchmarks]", "tracking=none", "progress=false"]
TRICKY = [*OWN, "model=tricky"]
NEW = "hydra.run.dir=runs/new"
OUT = ["--tracking", "none", "--resamples", "1000", "--out", "new"]

# What is typed, and how it ends. Runs of the candidate 'tricky' fail on one of ten items.
ENDINGS: dict[str, tuple[list[str], int]] = {
    "help": (["--help"], 0),
    "the word help": (["help"], 0),
    "version": (["--version"], 0),
    "a run": (["model=majority", *SMALL, NEW], 0),
    "an unknown model": (["model=majorty", *SMALL], 1),
    "an unknown benchmark": (["model=majority", "benchmark=none"], 1),
    "an unknown setting": (["model=majority", "sed=1"], 1),
    "an unknown word": (["evaluate"], 1),
    "a value out of range": (["model=majority", *SMALL, "max_error_rate=2"], 1),
    "too many errors": ([*TRICKY, NEW], 2),
    "errors that are allowed": ([*TRICKY, NEW, "max_error_rate=0.1"], 0),
    "errors just above what is allowed": ([*TRICKY, NEW, "max_error_rate=0.09"], 2),
    "an adapter that exits": ([*OWN, "model=exits", NEW], 2),
    "interrupted": ([*OWN, "model=interrupted", NEW], 130),
    "no room on the disk": ([*OWN, "model=full", NEW], 1),
    "a candidate that cannot run here": (["model=transformers-classifier", *SMALL, NEW, "model.path=/nowhere"], 1),
    "a store that is not there": (["model=majority", *SMALL[:2], "progress=false", NEW,
                                   "tracking.uri=http://127.0.0.1:9"], 0),
    "a sweep": (["-m", *OWN, "model=majority,tricky", "max_error_rate=0.5", "hydra.sweep.dir=runs/s"], 0),
    "a sweep with too many errors": (["-m", *OWN, "model=majority,tricky", "hydra.sweep.dir=runs/s"], 2),
    "a sweep with a fault and errors": (["-m", *OWN, "model=tricky,full", "hydra.sweep.dir=runs/s"], 1),
    "a sweep that is interrupted": (["-m", *OWN, "model=tricky,interrupted", "hydra.sweep.dir=runs/s"], 130),
    "resume": (["resume", RUN], 0),
    "resume nowhere": (["resume", NOWHERE], 1),
    "rescore": (["rescore", RUN], 0),
    "rescore nowhere": (["rescore", NOWHERE], 1),
    "log nowhere": (["log", NOWHERE], 1),
    "log into nothing": (["log", RUN, "--uri", "http://127.0.0.1:9"], 1),
    "compare": (["compare", RUN, "runs/majority", *OUT], 0),
    "compare what does not compare": (["compare", RUN, "runs/copy", *OUT], 1),
    "certify": (["certify", RUN, "--assume-human-labels", "--out", "new.json"], 0),
    "certify nonsense": (["certify", RUN, "--alpha", "7"], 1),
    "benchmark list": (["benchmark", "list"], 0),
    "benchmark check": (["benchmark", "check", "benchmarks/classification/invented"], 0),
    "benchmark check nowhere": (["benchmark", "check", NOWHERE], 1),
    "benchmark import nothing": (["benchmark", "import", NOWHERE, "--task", "search", "--name", "x", "--to", "x"], 1),
    "review verify": (["review", "verify", RUN], 0),
    "review verify a broken one": (["review", "verify", "broken.jsonl"], 1),
    "review import": (["review", "import", "forms/ben.csv", "--run", RUN], 0),
    "review import nothing": (["review", "import", "forms/none.csv", "--run", RUN], 1),
    "review report": (["review", "report", RUN], 0),
    "review status": (["review", "status", RUN], 0),
    "runs list": (["runs", "list"], 0),
    "runs show": (["runs", "show", "words"], 0),
    "runs show nothing": (["runs", "show", NOWHERE], 1),
    "runs prune without a policy": (["runs", "prune"], 1),
    "runs prune": (["runs", "prune", "--keep-last", "1"], 0),
    "runs archive": (["runs", "archive", "copy", "--to", "archives"], 0),
    "runs cache": (["runs", "cache", "--unused", "30d"], 0),
    "runs cache without an age": (["runs", "cache", "--yes"], 1),
    "runs restore nothing": (["runs", "restore", NOWHERE], 1),
    "doctor of a candidate": (["doctor", "majority"], 0),
    "doctor of a candidate that is none": (["doctor", "majorty"], 1),
    "doctor of the machine": (["doctor", "--machine"], 0),
    "doctor with a broken benchmark": (["doctor", "--machine", "--root", "wrong"], 1),
}  # fmt: skip


@pytest.fixture
def office(place: Any, documents: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stored runs and benchmarks, candidates that misbehave, a ledger that was changed, a benchmark that is none."""
    shutil.copytree(SAMPLES, place.root, dirs_exist_ok=True)
    for file in (*place.root.rglob("runspec.json"), *place.root.rglob("summary.json")):
        file.write_text(file.read_text(encoding="utf-8").replace("/office", str(place.root)), encoding="utf-8")
    place.classification(documents, [{"id": "t", "text": "an old plough", "main": "A01B"}])
    for name, does in (("tricky", "raise"), ("exits", "exit"), ("interrupted", "interrupt"), ("full", "disk")):
        place.model_file(name, place.tricky({"d3": does}) | {"name": name})
    ledger = (place.root / RUN / "review" / "ledger.jsonl").read_text(encoding="utf-8")
    (place.root / "broken.jsonl").write_text(ledger.replace("harness", "hornets", 1), encoding="utf-8")
    (place.root / "wrong" / "search" / "one").mkdir(parents=True)
    (place.root / "wrong" / "search" / "one" / "benchmark.yaml").write_text("name: other\n", encoding="utf-8")
    monkeypatch.chdir(place.root)
    return Path(place.root)


@pytest.mark.parametrize("name", ENDINGS)
def test_every_ending_has_its_code(
    office: Path, name: str, capsys: pytest.CaptureFixture[str], record_property: Callable[[str, object], None]
) -> None:
    words, code = ENDINGS[name]
    assert main(words) == code
    said = capsys.readouterr()
    assert "Traceback" not in said.err + said.out and "unexpected" not in said.err
    if code == 1:
        assert len(said.err.strip() + said.out.strip()) > 20  # it says why
    record_property("endings", 1)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_helps_refuses_and_can_be_interrupted(
    command: str, office: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main([command, "--help"]) == 0
    assert main([command, "--no-such-option"]) == 1
    said = capsys.readouterr().err
    assert "Traceback" not in said and said.strip()

    def interrupted(arguments: Any) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module(f"wild_aieval.commands.{command}"), "run", interrupted)
    monkeypatch.setattr(importlib.import_module(f"wild_aieval.commands.{command}"), "add_arguments", lambda _: None)
    assert main([command]) == 130


def test_a_run_with_errors_keeps_its_code_when_it_is_continued_or_scored_again(office: Path) -> None:
    assert main([*TRICKY, NEW]) == 2
    assert main(["rescore", "runs/new"]) == 2
    assert main(["resume", "runs/new"]) == 2
