"""What a new scoring changes, and why."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from wild_aieval.cli import main
from wild_aieval.records.changes import changed_figures

ROWS = [{"id": f"d{number}", "text": f"text {number}", "main": ["A01B", "A61B"][number % 2]} for number in range(20)]
NAME = "subclass.first_guess.main"


@pytest.fixture
def summary(place: Any) -> dict[str, Any]:
    place.classification(ROWS)
    found: dict[str, Any] = json.loads(json.dumps(place.run(place.tricky())[0]))
    return found


def _changed(summary: dict[str, Any], **fields: Any) -> dict[str, Any]:
    other = copy.deepcopy(summary)
    other["results"][0]["measures"][NAME].update(fields)
    return other


def test_the_same_figures_are_no_change(summary: dict[str, Any]) -> None:
    assert changed_figures(summary, copy.deepcopy(summary)) == []


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"value": 0.9}, "the code of the measure changed"),
        ({"value": 0.9, "signature": f"{NAME}|depth:2|ci:wilson95"}, "computed differently (depth:1 to depth:2)"),
        ({"low": None, "signature": f"{NAME}|depth:1|ci:none"}, "another interval (ci:wilson95 to ci:none)"),
    ],
)
def test_the_reason_is_read_from_the_signatures(summary: dict[str, Any], fields: dict[str, Any], why: str) -> None:
    (change,) = changed_figures(summary, _changed(summary, **fields))
    assert (change["benchmark"], change["measure"], change["why"]) == ("classification/tiny", NAME, why)
    assert change["before"] == summary["results"][0]["measures"][NAME]
    assert change["after"]["value"] == fields.get("value", change["before"]["value"])


def test_other_content_and_other_answers_are_reasons(summary: dict[str, Any]) -> None:
    other = _changed(summary, value=0.9)
    other["results"][0]["digest"] = "f" * 64
    other["results"][0]["counts"] = {"asked": 20, "answered": 19, "errors": 1, "scored": 20}
    (change,) = changed_figures(summary, other)
    assert "the benchmark's content changed" in change["why"]
    assert "20 answered and 0 errors of 20 to 19 answered and 1 errors of 20" in change["why"]


def test_measures_that_came_or_went_are_told(summary: dict[str, Any]) -> None:
    other = copy.deepcopy(summary)
    other["results"][0]["measures"]["new"] = other["results"][0]["measures"].pop(NAME)
    found = {change["measure"]: change["why"] for change in changed_figures(summary, other)}
    assert found == {"new": "a new measure", NAME: "a measure that is no longer made"}


def test_rescore_tells_the_changes_and_keeps_the_old_figures(
    place: Any, summary: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    run: Path = place.root / "run"
    assert main(["rescore", str(run)]) == 0
    assert "No figure differs" in capsys.readouterr().out
    assert not (run / "rescored.jsonl").exists()
    relabelled = [{**row, "main": "H04L"} for row in ROWS]
    place.classification(relabelled)
    before = summary["results"][0]["measures"][NAME]
    assert main(["rescore", str(run), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    change = next(change for change in printed["changes"] if change["measure"] == NAME)
    assert "the benchmark's content changed" in change["why"]
    history = [json.loads(line) for line in (run / "rescored.jsonl").read_text(encoding="utf-8").splitlines()]
    kept = next(entry for entry in history[0]["changes"] if entry["measure"] == NAME)
    assert kept["before"] == before
    assert kept["after"] == printed["results"][0]["measures"][NAME]
    place.classification(ROWS)
    assert main(["rescore", str(run)]) == 0
    assert len((run / "rescored.jsonl").read_text(encoding="utf-8").splitlines()) == 2
