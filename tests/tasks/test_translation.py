"""Translation on examples that are worked out by hand."""

from __future__ import annotations

from typing import Any

import pytest
import sacrebleu

from wild_aieval.items import Failure, Translation
from wild_aieval.tasks import task_named

TASK = task_named("translation")
ROWS: list[dict[str, Any]] = [
    {
        "id": "kept",
        "source": "The shaft (12) turns at 1,500 rpm.",
        "target": "El eje (12) gira a 1.500 rpm.",
        "terms": [{"source": "shaft", "targets": ["eje", "árbol"]}],
    },
    {
        "id": "lost",
        "source": "The wheel (3) of claim 2 weighs 2.5 kg.",
        "target": "La rueda (3) de la reivindicación 2 pesa 2,5 kg.",
        "terms": [{"source": "wheel", "targets": ["rueda"]}],
    },
    {"id": "error", "source": "A lid and a box are shown.", "target": "Se muestran una tapa y una caja."},
    {"id": "number", "source": "It weighs 5 g.", "target": "Pesa 5 g."},
]
OUTPUTS = ["El árbol (12) gira a 1.500 rpm.", "La muela (4) pesa 2.5 mg.", None, "Pesa 5 g."]
ANSWERS = [Failure("no luck") if text is None else {"text": text, "score": None} for text in OUTPUTS]


def scored(place: Any, answers: list[Any] = ANSWERS, rows: list[dict[str, Any]] = ROWS) -> Any:
    benchmark = place.open(place.translation(rows))
    return place.score(TASK, benchmark, answers)


def test_corpus_scores_are_those_of_sacrebleu_with_an_error_as_empty_text(place: Any) -> None:
    measures = scored(place).measures
    texts, references = [text or "" for text in OUTPUTS], [[row["target"] for row in ROWS]]
    assert measures["bleu"].value == pytest.approx(sacrebleu.corpus_bleu(texts, references).score)
    assert measures["chrf2pp"].value == pytest.approx(sacrebleu.corpus_chrf(texts, references, word_order=2).score)
    assert measures["ter"].value == pytest.approx(sacrebleu.corpus_ter(texts, references).score)
    assert measures["bleu"].n == 4
    assert "version:" in measures["bleu"].signature
    assert scored(place).scored == 4


def test_what_was_kept_among_the_segments_that_have_any(place: Any) -> None:
    scores = scored(place)
    # numbers: (kept) 12 and 1500 stay; (lost) 3, 2, 2.5 become 4, 2.5; (error) none at all; (number) 5 stays.
    expected = {
        "numbers_kept": (2, 3),
        "units_kept": (2, 3),
        "reference_signs_kept": (1, 2),
        "claim_references_kept": (0, 1),
    }
    for name, (kept, total) in expected.items():
        measure = scores.measures[name]
        assert (measure.value, measure.n) == (pytest.approx(kept / total), total), name
    assert [row["numbers_kept"] for row in scores.rows] == [1.0, 0.0, None, 1.0]


def test_what_the_output_adds_is_not_kept(place: Any) -> None:
    row = {"id": "s", "source": "A plough", "target": "Un arado"}
    measure = scored(place, [{"text": "Un arado (7)", "score": None}], [row]).measures
    assert (measure["numbers_kept"].value, measure["reference_signs_kept"].value) == (0.0, 0.0)
    assert measure["units_kept"].value is None


def test_terms_count_one_by_one_with_each_rendering(place: Any) -> None:
    measure = scored(place).measures["terms_kept"]
    assert measure.value == pytest.approx(1 / 2)
    assert measure.n == sum(bool(row.get("terms")) for row in ROWS)
    assert f"terms:{sum(len(row.get('terms', ())) for row in ROWS)}" in measure.signature


def test_an_error_loses_what_the_source_has(place: Any) -> None:
    scores = scored(place, [Failure("no")] * 4)
    for name in (
        "bleu",
        "chrf2pp",
        "numbers_kept",
        "units_kept",
        "reference_signs_kept",
        "claim_references_kept",
        "terms_kept",
    ):
        assert scores.measures[name].value == 0.0, name
    assert scores.measures["ter"].value == pytest.approx(100.0)


def test_without_numbers_or_terms_they_are_not_measured(place: Any) -> None:
    row = {"id": "s", "source": "A plough for soil", "target": "Un arado para el suelo"}
    scores = scored(place, [{"text": "Un arado para el suelo", "score": None}], [row])
    for name in ("numbers_kept", "units_kept", "reference_signs_kept", "claim_references_kept", "terms_kept"):
        assert scores.measures[name].value is None, name
    assert scores.measures["chrf2pp"].value == pytest.approx(100.0)
    assert scores.measures["ter"].value == 0.0


def test_what_a_candidate_is_given(place: Any) -> None:
    benchmark = place.open(place.translation(ROWS))
    item = TASK.items(benchmark)[0]
    assert (item.given.source_language, item.given.target_language) == ("en", "es")
    assert "target" not in item.content and "terms" not in item.content
    assert TASK.context(benchmark) == ""

    class Model:
        def translate(self, segments: Any) -> Any:
            return [Translation(segment.text, 1) for segment in segments]

    assert TASK.ask(Model(), [item], benchmark) == [{"text": ROWS[0]["source"], "score": 1.0}]


def test_disagreement_and_descriptions(place: Any) -> None:
    def distance(one: str, other: str) -> float:
        return TASK.disagreement({"text": one}, {"text": other})

    assert distance("a", "a") == 0.0
    assert distance("", "") == 0.0
    assert distance("El eje gira", "") == 1.0
    assert 0 < distance("El eje gira", "El eje giraba") < distance("El eje gira", "xyz") <= 1
    item = TASK.items(place.open(place.translation(ROWS)))[0]
    assert TASK.describe(item, ANSWERS[0]) == {
        "input": ROWS[0]["source"],
        "expected": ROWS[0]["target"],
        "predicted": OUTPUTS[0],
    }
    assert TASK.describe(item, Failure("x"))["predicted"] == ""
