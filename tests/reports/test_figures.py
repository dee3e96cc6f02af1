from __future__ import annotations

import math
import subprocess
import sys
from typing import Any

import pytest

from wild_aieval.metrics.statistics import wilson
from wild_aieval.records.run_folder import RunFolder
from wild_aieval.reports import pictures, score_figures
from wild_aieval.reports.figures import CAPTIONS, figures_of
from wild_aieval.reports.forest import labels, of_entries
from wild_aieval.reports.results import read_results
from wild_aieval.reports.score_figures import _kept_means, _ranking
from wild_aieval.testing.tables import write_table

PNG = b"\x89PNG\r\n\x1a\n"
EXPECTED = {
    "classification": {"confusion_by_section", "reliability", "risk_coverage", "reasons"},
    "search": {"recall_at_depth", "reasons"},
    "translation": {"reasons"},
}


@pytest.mark.parametrize("task", sorted(EXPECTED))
def test_figures_by_task_are_png(make: Any, task: str) -> None:
    made = figures_of(read_results(make(task))[0], "png")
    assert set(made) == EXPECTED[task] and set(made) <= set(CAPTIONS)
    assert all(image.startswith(PNG) and image.endswith(b"IEND\xaeB`\x82") for image in made.values())


def test_levels_and_groups_are_drawn_where_they_are_measured(make: Any, slices: Any) -> None:
    measures = read_results(make())[0].entry["measures"]
    more = {name.replace("subclass", "section"): measure for name, measure in measures.items()}
    result = read_results(make(model="m2", measures=measures | more, slices=slices))[0]
    for form in ("png", "svg"):
        made = figures_of(result, form)
        assert set(made) == EXPECTED["classification"] | {"levels", "slices_by_section"}


def test_no_figure_without_ground(make: Any) -> None:
    flags = {"flagged": 0, "audit": 0, "reasons": {}, "policy": "default"}
    assert figures_of(read_results(make("translation", flagged=False, flags=flags))[0]) == {}


def test_errors_are_a_column_of_their_own_and_guarded_items_make_no_confusion(make: Any) -> None:
    assert "confusion_by_section" in figures_of(read_results(make(status="error"))[0])
    assert "confusion_by_section" not in figures_of(read_results(make(confidentiality="shared-scores"))[0])


def test_equal_scores_are_set_aside_together() -> None:
    points = _kept_means([(0.9, 1.0), (0.5, 0.0), (0.5, 1.0)], 3, lambda hit: 1 - hit, wilson)
    assert [(share, mean) for share, mean, _, _ in points] == [(pytest.approx(1 / 3), 0.0), (1.0, pytest.approx(1 / 3))]


def with_items(folder: RunFolder, changes: dict[str, dict[str, Any]]) -> RunFolder:
    """Change rows of items and flags by item id; ``score`` stands in the flags."""
    for name in ("items", "flags"):
        rows = list(folder.read_table(name))
        for row in rows:
            row.update({key: value for key, value in changes.get(row["item_id"], {}).items() if key in row})
        write_table(folder, name, rows)
    return folder


def notes_of(folder: RunFolder, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The small print of each figure, by its title."""
    notes: dict[str, str] = {}

    def title(axis: Any, text: str, note: str) -> None:
        notes[text] = note
        pictures.title(axis, text, note)

    monkeypatch.setattr(score_figures, "title", title)
    figures_of(read_results(folder)[0])
    return notes


def test_errors_are_set_aside_first_as_wrong_and_stay_in_the_denominator(
    make: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = with_items(make(), {"i3": {"status": "error", "score": None}})
    ranking = _ranking(read_results(folder)[0])
    assert (len(ranking.scored), ranking.unscored, ranking.asked, ranking.errors) == (3, (0.0,), 4, 1)
    ranked = [*ranking.scored, *((-math.inf, value) for value in ranking.unscored)]
    points = _kept_means(ranked, ranking.asked, lambda hit: 1 - hit, wilson)
    expected = [(0.25, 0.0), (0.5, 0.0), (0.75, pytest.approx(1 / 3)), (1.0, 0.5)]
    assert [(share, mean) for share, mean, _, _ in points] == expected
    notes = notes_of(folder, monkeypatch)
    assert "n = 4 documents\nset aside first: errors (1)" in notes["What setting low scores aside gains"]
    assert "n = 3 of 4 documents\nnot shown: errors (1)" in notes["Is the score to be believed?"]


def test_answers_without_score_or_measure_are_counted(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    column = "subclass.first_guess.main"
    notes = notes_of(with_items(make(), {"i2": {"score": None}, "i3": {column: None}}), monkeypatch)
    kept = "n = 4 documents\nset aside first: without a score (1); never kept: not measured (1)"
    assert notes["What setting low scores aside gains"].endswith(kept)


def test_without_errors_there_is_no_second_line(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not any("\n" in note for note in notes_of(make(), monkeypatch).values())


@pytest.mark.parametrize("task", sorted(EXPECTED))
def test_measures_without_an_interval_are_drawn(make: Any, task: str) -> None:
    measures = read_results(make(task))[0].entry["measures"]
    bare = {name: measure | {"low": None, "high": None} for name, measure in measures.items()}
    result = read_results(make(task, model="m2", measures=bare))[0]
    assert set(figures_of(result)) == EXPECTED[task] and of_entries([result.entry]) is not None


def test_forest_of_several_candidates(make: Any) -> None:
    entries = [read_results(make(model=name))[0].entry for name in ("m1", "m2")]
    image = of_entries(entries)
    assert image is not None and image.startswith(PNG)
    assert labels([*entries, entries[0]]) == ["m1 (1)", "m2", "m1 (2)"]


def test_forest_with_nothing_measured(make: Any) -> None:
    entry = read_results(make("translation"))[0].entry
    nothing = {
        name: measure | {"value": None, "low": None, "high": None} for name, measure in entry["measures"].items()
    }
    assert of_entries([{**entry, "measures": nothing}]) is None
    mixed = of_entries([entry, {**entry, "model": "m2", "measures": nothing}])
    assert mixed is not None and mixed.startswith(PNG)


def test_import_is_light() -> None:
    code = "import sys, wild_aieval.reports.html; assert not {'matplotlib', 'mlflow', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
