from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from wild_aieval.reports.comparison import forest, labels
from wild_aieval.reports.figures import CAPTIONS, _kept_means, _wilson, figures_of
from wild_aieval.reports.results import read_results

PNG = b"\x89PNG\r\n\x1a\n"
EXPECTED = {
    "classification": {"confusion_by_section", "reliability", "risk_coverage", "reasons"},
    "search": {"recall_at_depth", "reasons"},
    "translation": {"reasons"},
}


@pytest.mark.parametrize("task", sorted(EXPECTED))
def test_figures_by_task_are_png(make: Any, task: str) -> None:
    made = figures_of(read_results(make(task))[0])
    assert set(made) == EXPECTED[task] and set(made) <= set(CAPTIONS)
    assert all(image.startswith(PNG) and image.endswith(b"IEND\xaeB`\x82") for image in made.values())


def test_no_figure_without_ground(make: Any) -> None:
    flags = {"flagged": 0, "audit": 0, "reasons": {}, "policy": "default"}
    assert figures_of(read_results(make("translation", flagged=False, flags=flags))[0]) == {}


def test_errors_are_a_column_of_their_own_and_guarded_items_make_no_confusion(make: Any) -> None:
    assert "confusion_by_section" in figures_of(read_results(make(status="error"))[0])
    assert "confusion_by_section" not in figures_of(read_results(make(confidentiality="shared-scores"))[0])


def test_equal_scores_are_set_aside_together() -> None:
    points = _kept_means([(0.9, 1.0), (0.5, 0.0), (0.5, 1.0)], lambda hit: 1 - hit, _wilson)
    assert [(share, mean) for share, mean, _, _ in points] == [(pytest.approx(1 / 3), 0.0), (1.0, pytest.approx(1 / 3))]


def test_wilson_against_known_values() -> None:
    assert _wilson(15, 20) == (pytest.approx(0.5313, abs=1e-4), pytest.approx(0.8881, abs=1e-4))


def test_forest_of_several_candidates(make: Any) -> None:
    entries = [read_results(make(model=name))[0].entry for name in ("m1", "m2")]
    image = forest(entries)
    assert image is not None and image.startswith(PNG)
    assert labels([*entries, entries[0]]) == ["m1 (1)", "m2", "m1 (2)"]


def test_forest_with_nothing_measured(make: Any) -> None:
    entry = read_results(make("translation"))[0].entry
    nothing = {
        name: measure | {"value": None, "low": None, "high": None} for name, measure in entry["measures"].items()
    }
    assert forest([{**entry, "measures": nothing}]) is None
    mixed = forest([entry, {**entry, "model": "m2", "measures": nothing}])
    assert mixed is not None and mixed.startswith(PNG)


def test_import_is_light() -> None:
    code = "import sys, wild_aieval.reports.html; assert not {'matplotlib', 'mlflow', 'pyarrow'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
