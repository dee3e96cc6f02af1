"""Killed, interrupted, edited, mixed: a run folder never meets an old answer and never loses a new one."""

from __future__ import annotations

import json
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.records.journal import read
from wild_aieval.records.run_folder import RunFolder

MANY = [{"id": f"d{n}", "text": f"text number {n}", "main": ["A01B", "A61B", "G06F"][n % 3]} for n in range(40)]


def tables(folder: RunFolder) -> dict[str, Any]:
    """Everything a run derives, without times."""
    rows = {name: list(folder.read_table(name)) for name in ("predictions", "items", "flags")}
    for row in rows["predictions"]:
        del row["seconds"]
    results = folder.read_json("summary.json")["results"]
    for result in results:
        del result["timing"], result["resources"]
    return rows | {"results": results}


def base(place: Any, seconds: float, does: dict[str, str] | None = None) -> list[str]:
    own = place.model_file("tricky", place.tricky(does) | {"seconds": seconds})
    roots = f"benchmark_roots=[{place.benchmarks}]"
    return ["--config-dir", own, "model=tricky", "benchmark=tiny", roots, "tracking=none", "inference.chunk_size=3"]


def wait_for(journal: Path, entries: int) -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        if journal.exists() and journal.read_bytes().count(b"\n") >= entries:
            return
        time.sleep(0.005)
    pytest.fail("the run wrote no journal")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_random_moments_and_resumed_equals_uninterrupted(place: Any, seed: int) -> None:
    place.classification(MANY)
    arguments = base(place, 0.01, {"d7": "raise", "d20": "nan"})
    folder = RunFolder(place.root / "killed")
    chance = random.Random(seed)
    command = [*arguments, f"hydra.run.dir={folder.path}"]
    for _ in range(2):
        process = place.start(*command)
        before = len(list(read(folder.journal)))
        wait_for(folder.journal, before + chance.randint(1, 9))
        time.sleep(chance.random() * 0.04)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert (folder.path / "runspec.json").is_file()
        assert not (folder.path / "summary.json").exists()
        command = ["resume", str(folder.path)]
    with folder.journal.open("ab") as stream:
        stream.write(b'{"key": "torn')
    place.asked()
    known = {entry.item_id for entry in read(folder.journal) if entry.status == "ok"}
    done = place.cli("resume", str(folder.path))
    assert done.returncode == 2, done.stderr
    assert not known & set(place.asked()), "what was answered is not asked again"
    whole = RunFolder(place.root / "whole")
    assert place.cli(*arguments, f"hydra.run.dir={whole.path}").returncode == 2
    assert tables(folder) == tables(whole)
    answers = [entry.key for entry in read(folder.journal) if entry.status == "ok"]
    assert len(set(answers)) == len(answers) == len(MANY) - 2


def test_ctrl_c_exits_with_130_and_prints_the_command_that_resumes(place: Any) -> None:
    place.classification(MANY)
    folder = RunFolder(place.root / "run")
    process = place.start(*base(place, 0.05), f"hydra.run.dir={folder.path}")
    wait_for(folder.journal, 3)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"python -m wild_aieval resume {folder.path}" in err
    assert "Traceback" not in err
    assert 3 <= len(list(read(folder.journal))) < len(MANY)
    with pytest.raises(UserError, match=r"no summary\.json"):
        folder.read_json("summary.json")


def test_an_interrupt_in_a_candidate_is_no_answer(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.classification(MANY)
    folder = RunFolder(place.root / "run")
    assert main([*base(place, 0.0, {"d10": "interrupt"}), f"hydra.run.dir={folder.path}"]) == 130
    assert "resume" in capsys.readouterr().err
    assert len(list(read(folder.journal))) == 9


def test_an_unfinished_run_cannot_be_rescored_but_resumed(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.classification(MANY)
    folder = RunFolder(place.root / "run")
    main([*base(place, 0.0, {"d10": "interrupt"}), f"hydra.run.dir={folder.path}"])
    assert main(["rescore", str(folder.path)]) == 1
    assert "31 items have no answer yet" in capsys.readouterr().err
    spec = json.loads((folder.path / "runspec.json").read_text(encoding="utf-8"))
    spec["settings"]["model"]["does"] = {}
    (folder.path / "runspec.json").write_text(json.dumps(spec), encoding="utf-8")
    assert main(["resume", str(folder.path)]) == 0


def test_a_second_start_in_a_finished_folder_asks_nothing(place: Any) -> None:
    place.classification(MANY)
    _, folder = place.run(place.tricky())
    assert len(place.asked()) == 40
    first = tables(folder)
    place.run(place.tricky())
    assert place.asked() == []
    assert tables(folder) == first


def test_items_in_error_are_asked_again_and_the_last_answer_counts(place: Any) -> None:
    place.classification(MANY)
    summary, _ = place.run(place.tricky({"d3": "once", "d9": "raise"}))
    assert summary["results"][0]["counts"]["errors"] == 2
    place.asked()
    summary, folder = place.run(place.tricky({"d3": "once", "d9": "raise"}))
    assert set(place.asked()) == {"d3", "d9"}
    assert summary["results"][0]["counts"]["errors"] == 1
    rows = {row["item_id"]: row["status"] for row in folder.read_table("predictions")}
    assert (rows["d3"], rows["d9"]) == ("ok", "error")


@pytest.mark.parametrize("what", ["disk", "memory"])
def test_a_machine_without_room_is_no_error_of_the_candidate(place: Any, what: str) -> None:
    place.classification(MANY)
    with pytest.raises(UserError, match=r"no room left.*resume"):
        place.run(place.tricky({"d10": what}))
    known = {entry.item_id: entry.status for entry in read(place.root / "run" / "journal.jsonl")}
    assert known == {f"d{number}": "ok" for number in range(8)}


def test_a_learner_is_not_fitted_when_nothing_is_left_to_ask(place: Any) -> None:
    place.classification(MANY, [{"id": "t", "text": "soil", "main": "A01B"}])
    learner = place.tricky() | {"kind": "tricky-learner"}
    place.run(learner)
    assert place.asked()[0] == "t"
    place.run(learner)
    assert place.asked() == []


def test_an_edited_item_is_asked_again_and_only_it(place: Any) -> None:
    place.classification(MANY)
    place.run(place.tricky())
    place.asked()
    edited = [{**MANY[0], "text": "another text"}, *MANY[1:]]
    place.classification(edited)
    _, folder = place.run(place.tricky())
    assert place.asked() == ["d0"]
    _, fresh = place.run(place.tricky(), folder="fresh")
    assert tables(folder) == tables(fresh)


@pytest.mark.parametrize("change", [{"revision": "abc1234"}, {"weight": 1}])
def test_another_candidate_in_the_same_folder_meets_no_old_answer(place: Any, change: dict[str, Any]) -> None:
    place.classification(MANY)
    place.run(place.tricky())
    place.asked()
    _, folder = place.run(place.tricky(**change))
    assert len(place.asked()) == 40
    _, fresh = place.run(place.tricky(**change), folder="fresh")
    assert tables(folder) == tables(fresh)
    assert len(list(read(folder.journal))) == 80


def test_another_version_of_a_benchmark_is_asked_anew(place: Any) -> None:
    place.classification(MANY)
    place.run(place.tricky())
    place.asked()
    place.classification(MANY, version="1.1.0")
    place.run(place.tricky())
    assert len(place.asked()) == 40


def test_rescoring_gives_the_same_tables_without_the_candidate(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.classification(MANY)
    _, folder = place.run(place.tricky({"d3": "raise"}))
    first, bytes_before = tables(folder), (folder.path / "predictions.parquet").read_bytes()
    monkeypatch.setattr(registry, "build", lambda *_: pytest.fail("the candidate was made"))
    assert main(["rescore", str(folder.path)]) == 2
    assert tables(folder) == first
    assert (folder.path / "predictions.parquet").read_bytes() == bytes_before


def test_a_benchmark_that_came_later_does_not_join_an_old_run(place: Any) -> None:
    place.classification(MANY)
    _, folder = place.run(place.tricky(), benchmark="*/tiny")
    place.asked()
    place.translation([{"id": "s", "source": "Ploughs", "target": "Arados"}])
    assert main(["rescore", str(folder.path)]) == 0
    assert main(["resume", str(folder.path)]) == 0
    assert place.asked() == []
    assert len(folder.read_json("summary.json")["results"]) == 1


def test_two_runs_in_one_folder_are_refused_before_any_work(place: Any) -> None:
    place.classification(MANY)
    folder = RunFolder(place.root / "run")
    folder.create()
    with folder.locked(), pytest.raises(UserError, match="another run is at work"):
        place.run(place.tricky())
    assert place.asked() == []


def test_the_disk_is_full_in_the_middle(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    place.classification(MANY)
    import wild_aieval.records.journal as journals

    calls = []

    def full(_: int) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(journals.os, "fdatasync", full)
    with pytest.raises(UserError, match=r"No space left.*resume"):
        place.run(place.tricky())
    monkeypatch.undo()
    monkeypatch.syspath_prepend(str(place.plugins))
    monkeypatch.setenv("WILD_AIEVAL_RUNS", str(place.root / "runs"))
    place.asked()
    _, folder = place.run(place.tricky())
    assert len(place.asked()) == 40 - 12
    _, fresh = place.run(place.tricky(), folder="fresh")
    assert tables(folder) == tables(fresh)


def test_a_limit_draws_a_seeded_sample_in_the_order_of_the_benchmark(place: Any) -> None:
    place.classification(MANY)

    def drawn(folder: str, **changes: Any) -> list[str]:
        summary, run = place.run(place.tricky(), folder=folder, **changes)
        rows = [row["item_id"] for row in run.read_table("items")]
        assert summary["results"][0]["counts"]["asked"] == len(rows)
        assert summary["results"][0]["items_in_benchmark"] == 40
        return rows

    ten = drawn("a", limit=10)
    assert len(ten) == 10
    assert ten == sorted(ten, key=lambda name: int(name[1:]))
    assert ten != [f"d{n}" for n in range(10)]
    assert drawn("b", limit=10) == ten
    assert set(ten) < set(drawn("c", limit=20)), "a larger limit holds the smaller sample"
    assert drawn("d", limit=10, seed=1) != ten
    assert len(drawn("e", limit=1000)) == 40


def test_the_summary_has_its_agreed_shape(place: Any) -> None:
    place.classification(MANY)
    place.translation([{"id": "s", "source": "Ploughs", "target": "Arados"}])
    place.search([{"id": "c", "text": "soil"}], [{"id": "q", "text": "plough"}], [("q", "c", "X")])
    summary, folder = place.run(place.tricky(), benchmark="*/tiny")
    assert summary == folder.read_json("summary.json")
    assert summary["schema_version"] == 1
    assert summary["runspec"] == folder.read_json("runspec.json")
    assert [result["task"] for result in summary["results"]] == ["classification", "search", "translation"]
    for result in summary["results"]:
        assert {"task", "benchmark", "version", "model", "measures", "counts", "flags", "timing", "cost"} <= set(result)
        assert set(result["counts"]) == {"asked", "answered", "errors", "scored"}
        assert {"flagged", "audit", "reasons"} <= set(result["flags"])
        assert all(isinstance(count, int) for count in result["flags"]["reasons"].values())
        for name, measure in result["measures"].items():
            assert set(measure) == {"value", "low", "high", "n", "signature"}
            assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-./"), "MLflow refuses other characters"
            if measure["low"] is not None:
                assert measure["low"] <= measure["value"] <= measure["high"]
    spec = folder.read_json("runspec.json")
    assert set(spec) == {"settings", "model", "benchmarks", "context", "schema_version"}
    assert spec["settings"]["model"] == place.tricky() | {"revision": "", "provider": "", "seconds": 0.0, "weight": 0}
    assert yaml.safe_load(json.dumps(spec)) == spec


def test_confidential_texts_stay_out_of_the_tables_that_are_shown(place: Any) -> None:
    place.classification(MANY, confidentiality="aggregate-only")
    _, folder = place.run(place.tricky())
    assert not {"input", "expected", "predicted"} & set(folder.read_table("items")[0])
    assert b"text number" not in b"".join(file.read_bytes() for file in folder.path.glob("*.json*"))
