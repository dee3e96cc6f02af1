"""Runs compared: the right winner, the refusals, and what is said where little can be said."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.comparison.pairs import Question, compare
from wild_aieval.comparison.systems import System, folders_of, read
from wild_aieval.errors import UserError
from wild_aieval.records.run_folder import RunFolder

SYMBOLS = ["A01B", "A61B", "B60L", "C07D", "E04H", "F16H", "G06F", "H04L"]
ROWS = [{"id": f"d{number:02d}", "text": f"text {number}", "main": SYMBOLS[number % 8]} for number in range(60)]
TAUGHT = [{**row, "id": f"t{row['id']}"} for row in ROWS]
TRAIN = [{"id": f"t{number}", "text": f"soil {number}", "main": "A01B"} for number in range(4)]
SOME = Question(resamples=1000)


@pytest.fixture
def runs(place: Any) -> list[Path]:
    """The plug-in candidate in two versions and the floor, on 60 documents."""
    place.classification(ROWS, TRAIN)
    chosen = [place.tricky(), place.tricky(weight=5) | {"name": "tricky-5"}, "majority"]
    return [place.run(model, folder=f"run-{number}")[1].path for number, model in enumerate(chosen)]


def systems(runs: list[Path]) -> list[System]:
    return read([(path.name, path) for path in runs])["classification/tiny"]


def compared(runs: list[Path], question: Question = SOME) -> dict[str, Any]:
    return compare("classification/tiny", systems(runs), question)


def rewritten(path: Path, change: Any) -> None:
    """Change the summary of a run folder."""
    file = path / "summary.json"
    summary = json.loads(file.read_text(encoding="utf-8"))
    change(summary["results"][0])
    file.write_text(json.dumps(summary), encoding="utf-8")


def test_a_better_system_is_told_apart_and_named_first(place: Any) -> None:
    place.classification(ROWS, TAUGHT)
    paths = [place.run(model, folder=model)[1].path for model in ("majority", "tfidf")]
    group = compared(paths)
    pair = group["pairs"][0]
    assert (pair["one"], pair["other"]) == ("tfidf", "majority")
    assert pair["told_apart"]
    assert pair["tie_group"] is None
    assert pair["items_needed"] is None
    values = {system["name"]: system["value"] for system in group["systems"]}
    assert pair["effect"] == pytest.approx(values["tfidf"] - values["majority"])
    assert 0 < pair["low"] <= pair["effect"] <= pair["high"]
    assert pair["above"] + pair["equal"] + pair["below"] == pair["items"] == group["items"] == 60
    assert [system["tie_group"] for system in group["systems"]] == ["a", "b"]
    best = pair["most_different"][0]
    assert best["effect"] == 1.0
    assert best["one"].startswith(best["expected"])
    assert best["input"].startswith("text ")


def test_every_pair_is_in_the_family_unless_a_baseline_is_declared(runs: list[Path]) -> None:
    group = compared(runs)
    assert len(group["pairs"]) == 3
    assert group["family"] == "all pairs"
    against = compared(runs, Question(baseline="majority", resamples=1000))
    assert [(pair["one"], pair["other"]) for pair in against["pairs"]] == [
        (system["name"], "majority") for system in against["systems"] if system["name"] != "majority"
    ]
    assert against["family"] == "against majority"
    with pytest.raises(UserError, match=r"--baseline majorty: no such system.*majority"):
        compared(runs, Question(baseline="majorty"))


def test_pairs_that_are_not_apart_share_a_group_and_say_what_would_settle_them(runs: list[Path]) -> None:
    for pair in compared(runs[:2])["pairs"]:
        assert not pair["told_apart"]
        assert pair["tie_group"] == "a"
        assert pair["items_needed"] is None or pair["items_needed"] > pair["items"]
        assert pair["smallest_effect"] > abs(pair["effect"])


def test_the_same_seed_gives_the_same_comparison(runs: list[Path]) -> None:
    assert compared(runs) == compared(runs)
    assert compared(runs, Question(resamples=1000, seed=1)) != compared(runs)


def test_a_run_against_itself_is_the_same_on_every_item(runs: list[Path]) -> None:
    pair = compared([runs[0], runs[0]])["pairs"][0]
    assert (pair["one"], pair["other"]) == ("tricky (1)", "tricky (2)")
    assert pair["identical"]
    assert (pair["effect"], pair["p"], pair["told_apart"]) == (0.0, 1.0, False)


def test_another_version_or_content_is_refused(place: Any, runs: list[Path]) -> None:
    place.classification(ROWS, TRAIN, version="1.1.0")
    _, newer = place.run("majority", folder="newer")
    with pytest.raises(UserError, match=r"different versions of the benchmark.*1\.0\.0.*1\.1\.0"):
        compared([runs[0], newer.path])
    rewritten(runs[1], lambda result: result.update(digest="f" * 64))
    with pytest.raises(UserError, match=r"different contents of the benchmark.*ffffffffffff"):
        compared(runs[:2])


def test_other_items_are_refused_or_left_out_when_asked(place: Any, runs: list[Path]) -> None:
    _, some = place.run("majority", folder="some", limit=20)
    with pytest.raises(UserError, match=r"not asked the same items.*60, majority: 20; 20 in all.*--common-items"):
        compared([runs[0], some.path])
    group = compared([runs[0], some.path], Question(common_items=True, resamples=1000))
    assert (group["items"], group["pairs"][0]["items"]) == (20, 20)


def test_another_signature_is_refused(runs: list[Path]) -> None:
    chosen = systems(runs[:2])
    aggregate = chosen[1].statistics.aggregates["subclass.first_guess.main"]
    object.__setattr__(aggregate, "signature", "subclass.first_guess.main|depth:2")
    with pytest.raises(UserError, match=r"computed in different ways.*depth:1.*depth:2.*rescore"):
        compare("classification/tiny", chosen, SOME)


def test_unknown_measures_name_the_nearest(runs: list[Path]) -> None:
    assert compared(runs, Question(measure="subclass.macro_f1.main", resamples=1000))["measure"].endswith(
        "macro_f1.main"
    )
    with pytest.raises(
        UserError, match=r"not all of these runs have the measure 'subclas.*subclass\.first_guess\.main"
    ):
        compared(runs, Question(measure="subclas.first_guess.main"))


def test_no_winner_where_a_run_is_partial(place: Any) -> None:
    place.classification(ROWS, TAUGHT)
    _, whole = place.run("tfidf", folder="whole")
    _, partial = place.run(place.tricky({f"d{n:02d}": "raise" for n in range(40)}), folder="partial")
    pair = compared([whole.path, partial.path])["pairs"][0]
    assert pair["p"] < 0.01
    assert pair["partial"] == ["tricky"]
    assert not pair["told_apart"]


def test_below_ten_items_values_are_given_and_nothing_is_tested(place: Any) -> None:
    place.classification(ROWS[:8], TRAIN)
    paths = [place.run(model, folder=str(n))[1].path for n, model in enumerate((place.tricky(), "majority"))]
    pair = compared(paths)["pairs"][0]
    assert (pair["p"], pair["p_adjusted"], pair["low"], pair["items_needed"], pair["told_apart"]) == (
        *(None,) * 4, False,
    )  # fmt: skip
    assert pair["effect"] is not None


def test_clusters_are_what_is_resampled(place: Any) -> None:
    rows = [{**row, "cluster": f"family {number // 4}"} for number, row in enumerate(ROWS)]
    place.classification(rows, TRAIN, clusters_are="family")
    paths = [place.run(model, folder=str(n))[1].path for n, model in enumerate((place.tricky(), "majority"))]
    group = compared(paths)
    assert (group["clusters"], group["cluster"], group["pairs"][0]["units"]) == (15, "family", 15)


def test_items_of_a_guarded_benchmark_are_not_listed(place: Any) -> None:
    place.classification(ROWS, TRAIN, confidentiality="aggregate-only")
    paths = [place.run(model, folder=str(n))[1].path for n, model in enumerate((place.tricky(), "majority"))]
    group = compared(paths)
    assert group["pairs"][0]["most_different"] == []
    assert "text 1" not in json.dumps(group)


def test_lower_is_better_ranks_the_other_way_round(place: Any) -> None:
    segments = [
        {"id": f"s{n}", "source": f"the shaft number {n} turns", "target": f"the shaft number {n} gira"}
        for n in range(12)
    ]
    place.translation(segments)
    paths = [
        place.run(model, folder=str(n))[1].path
        for n, model in enumerate((place.tricky({"s3": "empty"}), "copy-source"))
    ]
    found = read([(path.name, path) for path in paths])["translation/tiny"]
    group = compare("translation/tiny", found, Question(measure="ter", resamples=1000))
    assert group["lower_is_better"]
    assert group["systems"][0]["value"] < group["systems"][1]["value"]
    assert group["pairs"][0]["effect"] < 0


def test_folders_that_are_no_runs_are_told(place: Any, runs: list[Path], tmp_path: Path) -> None:
    assert folders_of(tmp_path) == sorted(runs), "a folder of run folders is a sweep"
    with pytest.raises(UserError, match=r"nowhere: there is no such folder"):
        folders_of(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=r"no summary\.json in it or one level below"):
        folders_of(tmp_path / "empty")
    with pytest.raises(UserError, match=r"no benchmark was measured by two.*classification/tiny: run-0"):
        systems(runs[:1])


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "version"])
def test_missing_or_damaged_statistics_say_how_they_are_made_again(runs: list[Path], damage: str) -> None:
    file = runs[1] / "statistics.npz"
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    if damage == "text":
        file.write_text("not an archive", encoding="utf-8")
    if damage == "version":
        import io

        import numpy as np

        stream = io.BytesIO()
        np.savez(stream, content=np.frombuffer(b'{"schema_version": 7, "benchmarks": []}', dtype=np.uint8))
        file.write_bytes(stream.getvalue())
    remedy = "install a newer one" if damage == "version" else "rescore"
    with pytest.raises(UserError, match=rf"statistics\.npz: .*{remedy}"):
        systems(runs)
    newer = damage == "version"
    assert main(["rescore", str(runs[1])]) == int(newer), "what a newer program wrote is not written over"
    if not newer:
        assert len(systems(runs)) == 3


def test_a_damaged_summary_is_told(runs: list[Path]) -> None:
    (runs[0] / "summary.json").write_text("{", encoding="utf-8")
    with pytest.raises(UserError, match=r"summary\.json: not valid JSON"):
        systems(runs)


def test_statistics_come_back_as_they_were(place: Any, runs: list[Path]) -> None:
    from wild_aieval.records import item_statistics

    folder = RunFolder(runs[0])
    found = item_statistics.read(folder)["classification/tiny"]
    summary = folder.read_json("summary.json")["results"][0]["measures"]
    for name, aggregate in found.aggregates.items():
        assert aggregate.value() == pytest.approx(summary[name]["value"], abs=1e-12), name
        assert summary[name]["signature"].startswith(aggregate.signature)
    assert len(found.item_keys) == len(set(found.item_keys)) == 60
    assert set(found.groups) == {"section"}
    assert found.clusters is None
