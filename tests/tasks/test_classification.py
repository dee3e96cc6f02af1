"""Classification on an example that is worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest

from wild_aieval.items import Failure, Suggestion
from wild_aieval.tasks import task_named

TASK = task_named("classification")
# Four documents; what is suggested for each (symbols and scores as a candidate gives them).
ROWS: list[dict[str, Any]] = [
    {"id": "right", "title": "Plough", "text": "t", "main": "A01B 3/00", "symbols": ["A01B 3/00", "A01C 1/00"]},
    {"id": "second", "text": "u", "main": "A61B 3/02", "symbols": ["A61B 3/02", "G02B 5/00"]},
    {"id": "shallow", "text": "v", "main": "G06F 1/00", "symbols": ["G06F 1/00"]},
    {"id": "error", "text": "w", "main": "H04L 1/00", "symbols": ["H04L 1/00"]},
]
ANSWERS: list[Any] = [
    [["A01B 1/02", 0.9], ["A01B 3/00", 0.05], ["A01C 1/00", 0.03], ["B60L 1/00", 0.02]],
    [["G02B 5/00", 0.5], ["nonsense", 0.2], ["A61B 3/02", 0.2]],
    [["G06", 0.8]],
    Failure("no luck"),
]


def scored(place: Any, rows: list[dict[str, Any]] = ROWS, answers: list[Any] = ANSWERS, **manifest: Any) -> Any:
    benchmark = place.open(place.classification(rows, **manifest))
    return place.score(TASK, benchmark, answers)


def values(scores: Any) -> dict[str, float | None]:
    return {name: measure.value for name, measure in scores.measures.items()}


def test_guesses_at_the_label_level(place: Any) -> None:
    found = values(scored(place))
    # A01B is right at once; for the second document G02B is an assigned symbol, the main one comes third.
    assert found["subclass.first_guess.main"] == 1 / 4
    assert found["subclass.three_guesses.main"] == 2 / 4
    assert found["subclass.first_guess.any"] == 2 / 4
    assert found["subclass.three_guesses.any"] == 2 / 4
    assert scored(place).scored == 4


def test_deeper_symbols_are_cut_and_shallow_ones_count_as_far_as_they_go(place: Any) -> None:
    found = values(scored(place))
    assert found["class.first_guess.main"] == 2 / 4  # G06 is right as a class
    assert found["section.first_guess.main"] == 2 / 4
    assert "main_group.first_guess.main" not in found, "no level below that of the labels"


def test_a_cut_symbol_that_repeats_takes_one_guess(place: Any) -> None:
    # A01B 1/02 and A01B 3/00 are one guess at subclass level: B60L is the third.
    rows = [{**ROWS[0], "main": "B60L 1/00", "symbols": ["B60L 1/00"]}]
    assert values(scored(place, rows, ANSWERS[:1]))["subclass.three_guesses.main"] == 1.0


def test_f1(place: Any) -> None:
    found = values(scored(place))
    # First guesses against main: A01B/A01B, G02B/A61B, (less deep)/G06F, none/H04L: 1 hit of 3 given and 4 true.
    assert found["subclass.micro_f1.main"] == pytest.approx(2 * 1 / (3 + 4))
    # Classes seen: A01B 1.0 and five others 0 (A61B, G02B, G06F, H04L, the shallow guess).
    assert found["subclass.macro_f1.main"] == pytest.approx(1 / 6)
    # Three guesses against all: {A01B,A01C,B60L}/{A01B,A01C}, {G02B,nonsense,A61B}/both, {..}/G06F, none/H04L.
    assert found["subclass.micro_f1.three"] == pytest.approx(2 * 4 / (3 + 3 + 1 + 0 + 2 + 2 + 1 + 1))


def test_hierarchical_f1(place: Any) -> None:
    found = values(scored(place))
    # Ancestor sets of first guess and main: {A,A01,A01B} twice: 3; {G,G02,G02B} and {A,A61,A61B}: 0;
    # {G,G06} and {G,G06,G06F}: 2; nothing and {H,H04,H04L}: 0. Given 3+3+2, true 3+3+3+3.
    assert found["hierarchical_f1.main"] == pytest.approx(2 * 5 / (8 + 12))
    # Three guesses: {A,A01,A01B,A01C,B,B60,B60L} and {A,A01,A01B,A01C}: 4; {G,G02,G02B,A,A61,A61B} twice: 6; 2; 0.
    assert found["hierarchical_f1.three"] == pytest.approx(2 * 12 / (7 + 6 + 2 + 4 + 6 + 3 + 3))


def test_symbols_outside_the_edition(place: Any) -> None:
    # One of four has 'nonsense' among its first three; the one in error counts as the worst there is.
    measure = scored(place).measures["invalid_symbol_rate"]
    assert (measure.value, measure.n) == (pytest.approx(2 / 4), 4)
    assert "IPC 2023.01" in measure.signature


def test_rows_of_items(place: Any) -> None:
    rows = scored(place).rows
    assert [row["subclass.first_guess.main"] for row in rows] == [1, 0, 0, 0]
    assert [row["subclass.three_guesses.any"] for row in rows] == [1, 1, 0, 0]
    assert [row["class.first_guess.main"] for row in rows] == [1, 0, 1, 0]


def test_main_not_known_is_not_measured_and_never_0(place: Any) -> None:
    rows = [{key: value for key, value in row.items() if key != "main"} for row in ROWS]
    scores = scored(place, rows)
    for name, value in values(scores).items():
        assert (value is None) == (".main" in name), name
    assert scores.measures["subclass.first_guess.main"].n == 0
    assert scores.rows[0]["subclass.first_guess.main"] is None


@pytest.mark.parametrize("level", ["section", "class", "subclass", "main_group", "subgroup"])
def test_a_perfect_answer_is_1_and_no_answer_0_at_every_level(place: Any, level: str) -> None:
    perfect = [[[row["main"], 1.0], *([symbol, 0.5] for symbol in row["symbols"][1:])] for row in ROWS]
    best = values(scored(place, answers=perfect, label_level=level))
    assert best[f"{level}.first_guess.main"] == best["hierarchical_f1.main"] == best["hierarchical_f1.three"] == 1.0
    worst = values(scored(place, answers=[Failure("no")] * 4, label_level=level))
    assert {value for name, value in worst.items() if name != "invalid_symbol_rate"} == {0.0}
    assert worst["invalid_symbol_rate"] == 1.0


def test_an_empty_answer_scores_as_an_error_does(place: Any) -> None:
    empty = [*ANSWERS[:3], []]
    found, expected = values(scored(place, answers=empty)), values(scored(place))
    for values_of in (found, expected):
        values_of.pop("invalid_symbol_rate")
    assert found == expected


def test_clusters_are_resampled_together(place: Any) -> None:
    rows = [{**row, "cluster": cluster} for row, cluster in zip(ROWS, ("f1", "f1", "f2", ""), strict=True)]
    signature = scored(place, rows).measures["hierarchical_f1.main"].signature
    assert "clusters:3" in signature
    assert "items:4" in scored(place).measures["hierarchical_f1.main"].signature


def test_a_candidate_is_given_the_symbols_at_the_label_level(place: Any) -> None:
    seen = []

    class Model:
        def fit(self, train: Any) -> None:
            seen.extend(train)

        def classify(self, documents: Any) -> Any:
            return [[Suggestion("a61b5/0205", 1), Suggestion("??", 0)] for _ in documents]

    train = [{"id": "t", "text": "x", "main": "A01B 3/00", "symbols": ["A01B 3/00", "A01B 1/00", "A01C 1/00"]}]
    benchmark = place.open(place.classification(ROWS, train))
    TASK.prepare(Model(), benchmark)
    assert (seen[0].main, seen[0].symbols) == ("A01B", ("A01B", "A01C"))
    answers = TASK.ask(Model(), TASK.items(benchmark), benchmark)
    assert answers == [[["A61B 5/0205", 1.0], ["??", 0.0]]] * 4


def test_a_candidate_does_not_see_the_labels(place: Any) -> None:
    benchmark = place.open(place.classification(ROWS))
    item = TASK.items(benchmark)[0]
    assert set(item.content) == {"id", "title", "text", "language", "date", "family"}
    assert not hasattr(item.given, "main")
