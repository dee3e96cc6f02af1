"""The ``evaluate`` modules load by path without a network; their values are worked by hand.

They run in a process of their own: ``evaluate`` reads its folders and the offline switch at import.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

for _name in ("evaluate", "datasets"):
    if importlib.util.find_spec(_name) is None:
        pytest.skip(f"{_name} is not installed", allow_module_level=True)

HUB = Path(__file__).parents[2] / "src" / "wild_aieval" / "metrics" / "hub"
SOURCES = HUB.parents[2]
COMPUTE_ALL = """
import json
import sys
import evaluate

answers = []
for folder, arguments in json.load(sys.stdin):
    try:
        answers.append(evaluate.load(folder).compute(**arguments))
    except ValueError as error:
        answers.append(str(error))
print(json.dumps(answers))
"""

CLASSIFICATION = {
    "predictions": [["A61B 5/02", "g06f1/00", "H04L 9/00"], ["H04L 9/00"], []],
    "references": [["G06F 3/01", "A61B 1/00"], ["H04L 1/00"], ["A61B 5/02"]],
}
SEARCH = {
    "predictions": [["a", "b", "b", "c"], []],
    "references": [{"ids": ["b", "d", "c"], "grades": [2, 1, 0]}, {"ids": ["a"], "grades": [1]}],
}
TRANSLATION = {
    "predictions": ["10.000 g (12)", "", "5 MPa como na reivindicação 1"],
    "references": ["10,000 g (12)", "5 mm", "5 kPa as in claim 1"],
    "source_language": "en",
    "target_language": "pt-BR",
}
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "subclass": ("patent_classification", CLASSIFICATION),
    "main_group": ("patent_classification", {**CLASSIFICATION, "level": "main_group"}),
    "no_subclass": ("patent_classification", {"predictions": [["A61B"]], "references": [["A61"]]}),
    "not_a_symbol": ("patent_classification", {"predictions": [["furniture", "A61B"]], "references": [["A61B"]]}),
    "search": ("patent_search", {**SEARCH, "k": 10, "n_max": 100}),
    "nothing_relevant": ("patent_search", {"predictions": [["a"]], "references": [{"ids": ["a"], "grades": [0]}]}),
    "translation": ("patent_translation", TRANSLATION),
}


@pytest.fixture(scope="module")
def computed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = str(tmp_path_factory.mktemp("huggingface"))
    environment = os.environ | {"HF_HOME": home, "HF_HUB_OFFLINE": "1", "PYTHONPATH": str(SOURCES)}
    for name in ("HF_EVALUATE_CACHE", "HF_METRICS_CACHE", "HF_MODULES_CACHE"):
        environment.pop(name, None)
    asked = json.dumps([(str(HUB / folder), arguments) for folder, arguments in CASES.values()])
    done = subprocess.run(
        [sys.executable, "-c", COMPUTE_ALL], input=asked, capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return dict(zip(CASES, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_classification_by_hand(computed: dict[str, Any]) -> None:
    # First guesses A61B (main G06F, A61B also assigned), H04L (right), none (A61B).
    # Classes A61B, G06F, H04L: F1 0, 0, 1. Ancestors in common 0 + 3 + 0 of 6 guessed and 9 true.
    assert computed["subclass"] == pytest.approx(
        {
            "first_guess.main": 1 / 3,
            "first_guess.any": 2 / 3,
            "three_guesses.main": 2 / 3,
            "three_guesses.any": 2 / 3,
            "macro_f1.main": 1 / 3,
            "hierarchical_f1.main": 2 * 3 / (6 + 9),
            "items": 3,
        }
    )


def test_classification_at_main_group_by_hand(computed: dict[str, Any]) -> None:
    # G06F 1/00 is not G06F 3/00, A61B 5/00 not A61B 1/00, H04L 9/00 not H04L 1/00: no hit; in common
    # {H, H04, H04L} of 4 + 4 guessed and 4 + 4 + 4 true.
    found = computed["main_group"]
    assert [found[name] for name in ("first_guess.any", "three_guesses.any", "macro_f1.main")] == [0, 0, 0]
    assert found["hierarchical_f1.main"] == pytest.approx(2 * 3 / (8 + 12))


def test_a_guess_that_is_no_symbol_keeps_its_rank(computed: dict[str, Any]) -> None:
    found = computed["not_a_symbol"]
    assert (found["first_guess.main"], found["three_guesses.main"], found["hierarchical_f1.main"]) == (0, 1, 0)


def test_search_by_hand(computed: dict[str, Any]) -> None:
    # Query 1: a (not judged), b (grade 2), c (grade 0); b of b and d found at rank 2. Query 2: no answer.
    ndcg = (2 / math.log2(3)) / (2 + 1 / math.log2(3))
    pres = 1 - ((2 + 102) / 2 - 1.5) / 100
    assert computed["search"] == pytest.approx(
        {
            "recall_10": (1 / 2 + 0) / 2,
            "ndcg_10": ndcg / 2,
            "map_10": (1 / 2 / 2) / 2,
            "mrr_10": (1 / 2) / 2,
            "pres_100": pres / 2,
            "judged_10": (2 / 3) / 2,
            "queries": 2,
        }
    )


def test_translation_by_hand(computed: dict[str, Any]) -> None:
    # Numbers: kept, lost, kept. Units: kept, lost, lost. Signs only in the first, a claim only in the third.
    assert computed["translation"] == {
        "numbers_kept": pytest.approx(2 / 3),
        "units_kept": pytest.approx(1 / 3),
        "reference_signs_kept": 1.0,
        "claim_references_kept": 1.0,
        "items": 3,
    }


def test_references_that_measure_nothing_are_refused(computed: dict[str, Any]) -> None:
    assert computed["no_subclass"] == "the main symbol of references ['A61'] has no subclass"
    assert "have no grade above 0" in computed["nothing_relevant"]


def test_evaluate_is_imported_nowhere_else() -> None:
    importing = [
        path.relative_to(SOURCES)
        for path in (SOURCES / "wild_aieval").rglob("*.py")
        if any(
            line.split()[:2] in (["import", "evaluate"], ["from", "evaluate"])
            for line in path.read_text("utf-8").splitlines()
        )
    ]
    assert {path.parts[:3] for path in importing} == {("wild_aieval", "metrics", "hub")}
