"""Search on an example that is worked out by hand, with dates and families."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest

from wild_aieval.errors import UserError
from wild_aieval.items import Failure, Hit
from wild_aieval.tasks import task_named

TASK = task_named("search")
CORPUS: list[dict[str, Any]] = [
    {"id": "x1", "text": "novelty", "date": "2001-01-01", "family": "F1"},
    {"id": "x1b", "text": "the same family", "date": "2002-01-01", "family": "F1"},
    {"id": "a1", "text": "background", "date": "2003-01-01"},
    {"id": "late", "text": "too late", "date": "2010-01-01"},
    {"id": "own", "text": "own family", "date": "2000-01-01", "family": "FQ"},
    {"id": "other", "text": "not judged"},
    {"id": "no", "text": "judged not relevant", "date": "2001-01-01"},
]
QUERIES: list[dict[str, Any]] = [
    {"id": "q1", "title": "Thing", "text": "a thing", "date": "2010-01-01", "family": "FQ"},
    {"id": "q2", "text": "another", "date": "2010-01-01"},
    {"id": "q3", "text": "nothing relevant", "date": "2010-01-01"},
]
QRELS = [
    ("q1", "x1", "X"),
    ("q1", "a1", "A"),
    ("q1", "late", "X"),
    ("q1", "own", "X"),
    ("q1", "no", "0"),
    ("q2", "a1", "X"),
    ("q3", "late", "X"),
]
# q1: own (own family, out), late (out), other (-1), x1b (family F1, 3), x1 (again F1), no (0), a1 (1).
ANSWERS: list[Any] = [
    [["own", 9.0], ["late", 8.0], ["other", 7.0], ["x1b", 6.0], ["x1", 5.0], ["no", 4.0], ["a1", 3.0]],
    Failure("no luck"),
    [["other", 1.0]],
]


def test_parts_of_an_application_reach_the_candidate_and_enter_the_key_only_where_they_are(place: Any) -> None:
    claims = "What is claimed is:\n1. A thing of 1) iron, 2) steel.\n2. The thing of claim 1."
    apart = {**QUERIES[1], "abstract": "About it.", "claims": claims}
    listed = {**QUERIES[2], "claims": ["1. A list.", "2. Another."]}
    first, second, third = TASK.items(place.open(place.search(CORPUS, [QUERIES[0], apart, listed], QRELS)))
    assert (first.given.title, first.given.text, first.given.abstract) == ("Thing", "Thing. a thing", "")
    assert set(first.content) == {"id", "text", "date", "family", "language"}, "keys of before stay"
    assert (second.given.abstract, second.given.claim) == ("About it.", "A thing of 1) iron, 2) steel.")
    assert second.content.items() >= {"abstract": "About it.", "claim": "A thing of 1) iron, 2) steel."}.items()
    assert third.given.claim == "A list."


@pytest.mark.parametrize(("languages", "expected"), [(["pt"], "pt"), (["pt", "es"], "")])
def test_texts_without_a_language_have_that_of_the_benchmark_if_it_is_the_only_one(
    place: Any, languages: list[str], expected: str
) -> None:
    class Noted:
        def index(self, corpus: list[Any]) -> None:
            self.languages = {document.id: document.language for document in corpus}

    named = [{**CORPUS[0], "language": "fr"}, *CORPUS[1:]]
    benchmark = place.open(place.search(named, QUERIES, QRELS, languages=languages))
    TASK.prepare(model := Noted(), benchmark)
    assert (model.languages["x1"], model.languages["x1b"]) == ("fr", expected)
    items = TASK.items(benchmark)
    assert {item.given.language for item in items} == {expected}
    assert {item.content["language"] for item in items} == {""}, "keys of before stay"


def scored(place: Any, answers: list[Any] = ANSWERS, **manifest: Any) -> Any:
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS, **manifest))
    return place.score(TASK, benchmark, answers)


def test_measures_by_hand(place: Any) -> None:
    scores = scored(place)
    # q1: relevant families F1 (3) and a1 (1), at ranks 2 and 4. q2: an error, 0. q3: nothing to find, not scored.
    dcg, ideal = 3 / math.log2(3) + 1 / math.log2(5), 3 / math.log2(2) + 1 / math.log2(3)
    expected = {
        "recall_10": 1.0,
        "ndcg_10": dcg / ideal,
        "mrr_100": 1 / 2,
        "map_100": (1 / 2 + 2 / 4) / 2,
        "pres_100": 1 - ((2 + 4) / 2 - (1 + 2) / 2) / 100,
        "judged_10": 3 / 4,
    }
    for name, of_q1 in expected.items():
        assert scores.measures[name].value == pytest.approx((of_q1 + 0.0) / 2), name
        assert scores.measures[name].n == 2
        assert scores.rows[0][name] == pytest.approx(of_q1), name
        assert scores.rows[1][name] == 0.0
        assert scores.rows[2][name] is None
    assert scores.scored == 2


def test_documents_that_are_too_late_are_counted_over_all_queries(place: Any) -> None:
    measure = scored(place).measures["date_violation_rate"]
    # q1 has a late document, q2 is an error and counts as the worst there is.
    assert (measure.value, measure.n) == (pytest.approx(2 / 3), 3)


def test_late_documents_are_resampled_by_cluster(place: Any) -> None:
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS))
    queries = [row | {"cluster": "one"} for row in benchmark.parts["queries"]]
    benchmark = replace(benchmark, parts=benchmark.parts | {"queries": queries})
    measure = place.score(TASK, benchmark, ANSWERS).measures["date_violation_rate"]
    assert (measure.low, measure.high) == (None, None)


def test_the_depth_of_the_benchmark_bounds_the_measures(place: Any) -> None:
    names = set(scored(place, depth=50).measures)
    assert {"recall_10", "recall_50", "map_50", "pres_50"} <= names
    assert not {"recall_100", "map_100"} & names


def test_equal_scores_are_ordered_by_id(place: Any) -> None:
    tied = [[["other", 1.0], ["a1", 1.0]], [["other", 1.0], ["a1", 1.0]], []]
    assert scored(place, tied).rows[1]["mrr_100"] == 1.0


def test_a_benchmark_without_anything_to_find_is_refused(place: Any) -> None:
    benchmark = place.open(place.search(CORPUS, QUERIES[2:], QRELS[-1:]))
    with pytest.raises(UserError, match="no query has a relevant document that is prior art"):
        place.score(TASK, benchmark, [[]])


def test_signatures_name_rules_and_grades(place: Any) -> None:
    signature = scored(place).measures["ndcg_10"].signature
    for word in ("prior art only", "families once", "ties:score,id", "X=3,Y=2,A=1", "bootstrap95"):
        assert word in signature


def test_what_a_candidate_is_given_and_may_return(place: Any) -> None:
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS, depth=2))
    seen: dict[str, Any] = {}

    class Model:
        def index(self, corpus: Any) -> None:
            seen["corpus"] = corpus

        def search(self, queries: Any, k: int) -> Any:
            seen["asked"] = (queries, k)
            return [[Hit("x1", 3), Hit("a1", 2), Hit("no", 1)], [Hit("?", 1)], [Hit("a1", 1), Hit("a1", 1)]]

    TASK.prepare(Model(), benchmark)
    items = TASK.items(benchmark)
    answers = TASK.ask(Model(), items, benchmark)
    assert answers[0] == [["x1", 3.0], ["a1", 2.0]], "cut at the depth"
    assert [isinstance(answer, Failure) for answer in answers] == [False, True, True]
    assert [document.id for document in seen["corpus"]] == [row["id"] for row in CORPUS]
    assert seen["corpus"][0].date == "2001-01-01"
    queries, k = seen["asked"]
    assert k == 2
    assert queries[0].text == "Thing. a thing"
    assert "judgments" not in items[0].content


def test_disagreement_is_the_share_of_the_first_ten_that_differ() -> None:
    one = [[str(number), 1.0] for number in range(20)]
    other = [[str(number), 1.0] for number in range(5, 25)]
    assert TASK.disagreement(one, one) == 0.0
    assert TASK.disagreement(one, other) == pytest.approx(0.5)
    assert TASK.disagreement(one, []) == 1.0
    assert TASK.disagreement([], []) == 0.0


def test_descriptions(place: Any) -> None:
    benchmark = place.open(place.search(CORPUS, QUERIES, QRELS))
    item = TASK.items(benchmark)[0]
    shown = TASK.describe(item, ANSWERS[0])
    assert shown["expected"] == "late (3), own (3), x1 (3), a1 (1)"
    assert shown["predicted"] == "own, late, other, x1b, x1"
    assert TASK.describe(item, Failure("no"))["predicted"] == ""
