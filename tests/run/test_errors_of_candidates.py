"""Whatever a candidate does wrong is an error of that item: counted, scored worst, flagged, never dropped."""

from __future__ import annotations

import json
from contextlib import nullcontext
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.errors import UserError
from wild_aieval.models import registry
from wild_aieval.models.protocols import Workplace

SEGMENTS = [
    {"id": f"s{n}", "source": f"Ploughs of kind {n} turn soil", "target": f"PLOUGHS OF KIND {n} TURN SOIL"}
    for n in range(6)
]
CORPUS = [{"id": f"c{n}", "text": f"document {n}"} for n in range(12)]
QUERIES = [{"id": f"q{n}", "text": f"query {n}"} for n in range(6)]
QRELS = [(f"q{n}", "c0", "X") for n in range(6)]

# word of the plug-in -> what the record must say; None: no error, but flagged with this code
ERRORS = {
    "raise": "RuntimeError: no luck with",
    "exit": "SystemExit",
    "failure": "cannot",
    "none": "",
    "few": "0 answers came for 1 items",
    "nan": "no plain data",
}


def run(place: Any, task: str, does: dict[str, str], **changes: Any) -> tuple[dict[str, Any], Any]:
    if task == "classification":
        rows = [{"id": f"d{n}", "text": f"text {n}", "main": "A01B"} for n in range(6)]
        place.classification(rows)
    elif task == "translation":
        place.translation(SEGMENTS)
    else:
        place.search(CORPUS, QUERIES, QRELS)
    return place.run(place.tricky(does), **changes)


FIRST = {"classification": "d", "translation": "s", "search": "q"}


@pytest.mark.parametrize("what, ends", [("", None), ("disk", UserError), ("interrupt", KeyboardInterrupt)])
def test_what_is_said_after_all_items_is_not_said_where_the_run_ended_before(
    place: Any, monkeypatch: pytest.MonkeyPatch, what: str, ends: type[BaseException] | None
) -> None:
    after: list[int] = []

    def build(settings: Any, workplace: Workplace) -> Any:
        workplace.after.append(lambda: after.append(len(place.asked())))
        return made(settings, workplace)

    made = registry.build
    monkeypatch.setattr(registry, "build", build)
    with pytest.raises(ends) if ends else nullcontext():
        run(place, "search", {"q5": what})
    assert after == ([] if ends else [6])


@pytest.mark.parametrize("task", FIRST)
@pytest.mark.parametrize("what", ERRORS)
def test_an_error_stays_with_its_item(place: Any, task: str, what: str) -> None:
    bad = f"{FIRST[task]}2"
    summary, folder = run(place, task, {bad: what})
    result = summary["results"][0]
    assert result["counts"] == {"asked": 6, "answered": 5, "errors": 1, "scored": 6}
    assert result["partial"] is True
    rows = {row["item_id"]: row for row in folder.read_table("predictions")}
    assert {name for name, row in rows.items() if row["status"] == "error"} == {bad}
    assert ERRORS[what] in rows[bad]["error"]
    assert rows[bad]["output"] is None
    flags = {row["item_id"]: row for row in folder.read_table("flags")}
    assert flags[bad]["flagged"]
    assert [reason["code"] for reason in flags[bad]["reasons"] if reason["kind"] == "hard"] == ["MODEL_ERROR"]
    assert len(flags) == len(rows) == len(folder.read_table("items")) == 6


@pytest.mark.parametrize("task", ["translation", "classification"])
def test_broken_unicode_is_an_error(place: Any, task: str) -> None:
    summary, folder = run(place, task, {f"{FIRST[task]}1": "surrogate"})
    assert summary["results"][0]["counts"]["errors"] == 1
    assert "no plain data" in folder.read_table("predictions")[1]["error"]


def test_a_translation_that_is_no_text_is_an_error(place: Any) -> None:
    summary, folder = run(place, "translation", {"s1": "text-none"})
    assert summary["results"][0]["counts"]["errors"] == 1
    assert "found NoneType" in folder.read_table("predictions")[1]["error"]


@pytest.mark.parametrize("what", ["unknown", "twice"])
def test_ids_that_are_wrong_are_an_error_in_search(place: Any, what: str) -> None:
    summary, folder = run(place, "search", {"q1": what})
    assert summary["results"][0]["counts"]["errors"] == 1
    expected = {"unknown": "'nowhere', which is not in the corpus", "twice": "a document twice"}[what]
    assert expected in folder.read_table("predictions")[1]["error"]


def test_a_symbol_that_is_none_is_an_answer_and_flagged(place: Any) -> None:
    summary, folder = run(place, "classification", {"d1": "unknown"})
    assert summary["results"][0]["counts"]["errors"] == 0
    codes = [reason["code"] for reason in folder.read_table("flags")[1]["reasons"]]
    assert "SYMBOL_NOT_IN_EDITION" in codes
    assert summary["results"][0]["measures"]["invalid_symbol_rate"]["value"] == pytest.approx(1 / 6)


@pytest.mark.parametrize("task", FIRST)
def test_an_empty_answer_is_an_answer_and_flagged(place: Any, task: str) -> None:
    summary, folder = run(place, task, {f"{FIRST[task]}1": "empty"})
    assert summary["results"][0]["counts"] == {"asked": 6, "answered": 6, "errors": 0, "scored": 6}
    flag = folder.read_table("flags")[1]
    assert flag["flagged"]
    assert "OUTPUT_EMPTY" in [reason["code"] for reason in flag["reasons"]]


@pytest.mark.parametrize(
    ("task", "measure", "good", "bad"),
    [("translation", "chrf2pp", 100.0, None), ("search", "mrr_100", 1.0, 5 / 6), ("search", "recall_10", 1.0, 5 / 6)],
)
def test_an_error_scores_worst(place: Any, task: str, measure: str, good: float, bad: float | None) -> None:
    whole, _ = run(place, task, {}, folder="whole")
    some, folder = run(place, task, {f"{FIRST[task]}0": "raise"}, folder="some")
    assert whole["results"][0]["measures"][measure]["value"] == pytest.approx(good)
    lower = some["results"][0]["measures"][measure]
    assert lower["n"] == 6, "an item in error still counts in the denominator"
    assert lower["value"] == pytest.approx(bad) if bad is not None else lower["value"] < good
    assert folder.read_table("items")[0][measure] == 0.0


def test_all_items_in_error_score_zero_and_give_a_whole_record(place: Any) -> None:
    for task, prefix in FIRST.items():
        summary, folder = run(
            place, task, {f"{prefix}{n}": "raise" for n in range(6)}, folder=task, benchmark=f"{task}/tiny"
        )
        result = summary["results"][0]
        assert result["counts"] == {"asked": 6, "answered": 0, "errors": 6, "scored": 6}
        main_measure = {"classification": "subclass.first_guess.main", "translation": "bleu", "search": "ndcg_10"}[task]
        assert result["measures"][main_measure]["value"] == 0.0
        assert result["flags"]["flagged"] == 6
        assert len(folder.read_table("items")) == 6


def test_only_the_bad_item_is_asked_alone(place: Any) -> None:
    run(place, "classification", {"d1": "raise"}, chunk_size=3)
    assert place.asked() == ["d0", "d1", "d2", "d0", "d1", "d2", "d3", "d4", "d5"]


def test_partial_is_said_and_the_exit_code_is_2(place: Any, capsys: pytest.CaptureFixture[str]) -> None:
    place.translation(SEGMENTS)
    own = place.model_file("tricky", place.tricky({"s1": "raise"}))
    base = [
        "--config-dir",
        own,
        "model=tricky",
        "benchmark=tiny",
        f"benchmark_roots=[{place.benchmarks}]",
        "tracking=none",
    ]
    assert main([*base, f"hydra.run.dir={place.root}/a"]) == 2
    assert "PARTIAL" in capsys.readouterr().out
    assert main([*base, f"hydra.run.dir={place.root}/b", "max_error_rate=0.16"]) == 2
    assert main([*base, f"hydra.run.dir={place.root}/c", "max_error_rate=0.17"]) == 0
    assert "PARTIAL" not in capsys.readouterr().out.rpartition("c/report.html")[0].rpartition("b/report.html")[2]
    summary = json.loads((place.root / "c" / "summary.json").read_text(encoding="utf-8"))
    assert summary["results"][0]["counts"]["errors"] == 1
    assert summary["results"][0]["partial"] is False
    assert main(["rescore", str(place.root / "a")]) == 2
