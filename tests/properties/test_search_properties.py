"""The rules of prior-art search and the ranking measures, on random corpora, judgments and rankings."""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wild_aieval.metrics import ranking
from wild_aieval.metrics.judging import Collection, Judge
from wild_aieval.metrics.prior_art import Facts, JudgedRanking, judge

QUERY = Facts("2015-06-01", "own")
DEPTH = 30
DATES = ("", "2009-12-31", "2015-05-31", "2015-06-01", "2018-01-01")
IDS = [f"d{number:02d}" for number in range(15)]


class Case(NamedTuple):
    """One query: hits with scores, grades of judged documents, facts of the corpus."""

    hits: list[tuple[str, float]]
    judgments: dict[str, int]
    corpus: dict[str, Facts]

    def judged(self) -> JudgedRanking:
        return judge(self.hits, self.judgments, self.corpus, QUERY)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Any case in which one document, "sure", is relevant prior art; it may be found or not."""
    facts = st.builds(Facts, st.sampled_from(DATES), st.sampled_from(["", "own", "f1", "f2", "f3"]))
    corpus = {name: draw(facts) for name in IDS}
    corpus["sure"] = Facts("2001-01-01", "sure-family")
    found = draw(st.lists(st.sampled_from([*IDS, "sure"]), unique=True))
    hits = [(name, float(draw(st.integers(0, 3)))) for name in found]
    judgments = draw(st.dictionaries(st.sampled_from(IDS), st.integers(0, 3)))
    return Case(hits, {**judgments, "sure": draw(st.integers(1, 3))}, corpus)


def _scores(judged: JudgedRanking, k: int = 10) -> dict[str, float]:
    grades = np.full((1, DEPTH), -1.0)
    grades[0, : len(judged.grades)] = judged.grades
    ideal, relevant = np.array([judged.ideal], dtype=np.float64), np.array([float(len(judged.ideal))])
    return {
        "recall": float(ranking.recall(grades, relevant, k)[0]),
        "ndcg": float(ranking.ndcg(grades, ideal, k)[0]),
        "ap": float(ranking.average_precision(grades, relevant, k)[0]),
        "rr": float(ranking.reciprocal_rank(grades, k)[0]),
        "pres": float(ranking.pres(grades, relevant, DEPTH)[0]),
        "judged": float(ranking.judged(grades, np.array([float(len(judged.grades))]), k)[0]),
    }


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_in_which_hits_arrive_does_not_matter(case: Case, shuffler: random.Random) -> None:
    shuffled = shuffler.sample(case.hits, len(case.hits))
    assert judge(shuffled, case.judgments, case.corpus, QUERY) == case.judged()


@given(st.lists(st.sampled_from(IDS), unique=True, min_size=2), st.sampled_from([0.0, float("nan")]))
def test_ties_are_ordered_by_id(names: list[str], score: float) -> None:
    corpus = dict.fromkeys(IDS, Facts("", ""))
    assert judge([(name, score) for name in names], {}, corpus, QUERY).families == tuple(sorted(names))


def test_a_score_that_is_no_number_comes_last() -> None:
    corpus = dict.fromkeys(IDS, Facts("", ""))
    hits = [("d00", float("nan")), ("d02", -5.0), ("d01", 3.0)]
    assert judge(hits, {}, corpus, QUERY).families == ("d01", "d02", "d00")


@given(cases())
def test_scores_stay_in_bounds_and_the_ideal_ranking_is_perfect(case: Case) -> None:
    judged = case.judged()
    assert all(0 <= value <= 1 for value in _scores(judged).values())
    perfect = JudgedRanking(("x",) * len(judged.ideal), judged.ideal, judged.ideal, ())
    assert _scores(perfect, k=DEPTH) == dict.fromkeys(_scores(perfect), 1.0)


@given(cases())
def test_families_count_once_and_take_their_best_grade(case: Case) -> None:
    judged = case.judged()
    assert len(set(judged.families)) == len(judged.families)
    assert len(judged.ideal) <= len({facts.family or name for name, facts in case.corpus.items()})
    for family, grade in zip(judged.families, judged.grades, strict=True):
        members = [name for name, facts in case.corpus.items() if (facts.family or name) == family]
        early = [name for name in members if not case.corpus[name].date >= QUERY.date]
        assert grade == max((case.judgments[name] for name in early if name in case.judgments), default=-1)


@given(cases())
def test_a_second_member_of_a_family_changes_nothing(case: Case) -> None:
    hits = [*(hit for hit in case.hits if hit[0] != "sure"), ("sure", 1.0)]
    corpus = {**case.corpus, "twin": case.corpus["sure"]}
    twice = judge([*hits, ("twin", 1.0)], case.judgments, corpus, QUERY)
    assert twice == judge(hits, case.judgments, case.corpus, QUERY)


@given(cases(), st.sampled_from(["2015-06-01", "2016-01-01"]), st.integers(0, 3), st.booleans())
def test_late_documents_never_count(case: Case, date: str, grade: int, found: bool) -> None:
    corpus = {**case.corpus, "late": Facts(date, "")}
    hits = [*case.hits, ("late", 99.0)] if found else case.hits
    judged = judge(hits, {**case.judgments, "late": grade}, corpus, QUERY)
    plain = case.judged()
    assert (judged.families, judged.grades, judged.ideal) == (plain.families, plain.grades, plain.ideal)
    assert ("late" in judged.late) == found


@given(cases(), st.sampled_from(["", "2001-01-01"]), st.integers(0, 3))
def test_the_own_family_is_removed(case: Case, date: str, grade: int) -> None:
    corpus = {**case.corpus, "self": Facts(date, "own")}
    judged = judge([*case.hits, ("self", 99.0)], {**case.judgments, "self": grade}, corpus, QUERY)
    assert judged == case.judged()
    assert "own" not in judged.families


@given(st.lists(cases(), min_size=1, max_size=5), st.sampled_from([Facts("", ""), QUERY, Facts("2018-01-01", "f1")]))
def test_many_at_once_are_judged_as_each_alone(several: list[Case], query: Facts) -> None:
    corpus = {**several[0].corpus, "f2": Facts("2012-01-01", ""), "own": Facts("", "")}  # named as families are
    hits = [[*case.hits, ("f2", 2.0), ("own", float("nan"))] if case.judgments["sure"] > 1 else [] for case in several]
    queries = [QUERY if number % 2 else query for number in range(len(several))]
    judgments = [{**case.judgments, "f2": 1, "outside": 3} for case in several]
    alone = [judge(*given, corpus, asked) for *given, asked in zip(hits, judgments, queries, strict=True)]
    many = Judge(Collection(corpus.items()), DEPTH).judged(hits, judgments, queries)
    for row, one in enumerate(alone):
        assert many.grades[row].tolist() == [*one.grades, *[-1] * (DEPTH - len(one.grades))]
        assert many.ideal[row][many.ideal[row] > 0].tolist() == list(one.ideal)
        assert (many.returned[row], many.late[row]) == (len(one.families), bool(one.late))


@given(st.lists(cases(), min_size=1, max_size=6), st.data())
def test_an_unanswered_query_scores_zero_and_never_raises_the_mean(several: list[Case], data: st.DataObject) -> None:
    judged = [case.judged() for case in several]
    lost = data.draw(st.integers(0, len(judged) - 1))
    empty = judge([], several[lost].judgments, several[lost].corpus, QUERY)
    assert empty.ideal == judged[lost].ideal
    assert set(_scores(empty).values()) == {0.0}
    broken = [empty if number == lost else result for number, result in enumerate(judged)]
    for name in _scores(empty):
        before = np.mean([_scores(result)[name] for result in judged])
        assert np.mean([_scores(result)[name] for result in broken]) <= before


@given(st.lists(st.integers(-1, 3), min_size=2, max_size=DEPTH), st.integers(1, 3), st.data())
def test_a_better_document_one_rank_higher_never_lowers_a_score(
    grades: list[int], better: int, data: st.DataObject
) -> None:
    rank = data.draw(st.integers(1, len(grades) - 1))
    grades[rank], grades[rank - 1] = better, data.draw(st.integers(-1, better - 1))
    raised = [*grades[: rank - 1], grades[rank], grades[rank - 1], *grades[rank + 1 :]]
    ideal = tuple(sorted((grade for grade in grades if grade > 0), reverse=True))
    before, after = (_scores(JudgedRanking((), tuple(row), ideal, ())) for row in (grades, raised))
    for name in ("recall", "ndcg", "ap", "rr", "pres"):
        assert after[name] >= before[name] - 1e-12, name


@given(st.lists(st.integers(1, DEPTH), unique=True, min_size=1, max_size=8), st.integers(1, 40), st.data())
def test_pres_is_monotone(ranks: list[int], n_max: int, data: st.DataObject) -> None:
    """Rising with a found document at any rank, and strictly with one moved up inside n_max."""

    def pres(at: list[int], total: int) -> float:
        grades = np.full((1, DEPTH), -1.0)
        grades[0, np.array(at, dtype=int) - 1] = 1
        return float(ranking.pres(grades, np.array([float(total)]), n_max)[0])

    lost = data.draw(st.sampled_from(ranks))
    fewer = [rank for rank in ranks if rank != lost]
    assert pres(fewer, len(ranks)) <= pres(ranks, len(ranks))
    free = [rank for rank in range(1, lost) if rank not in ranks]
    if free and lost <= n_max:
        assert pres([*fewer, data.draw(st.sampled_from(free))], len(ranks)) > pres(ranks, len(ranks))
    share = sum(rank <= n_max for rank in ranks) / len(ranks)
    assert 0 <= pres(ranks, len(ranks)) <= share + 1e-12  # never above recall


@pytest.mark.parametrize("depth", [1, 3, 7, 8, 9, 100, 300])
def test_a_perfect_ranking_is_exactly_one(depth: int) -> None:
    grades = np.sort(np.random.default_rng(depth).integers(1, 4, (20, depth)), axis=1)[:, ::-1].astype(np.float64)
    padded = np.column_stack([grades, np.zeros((20, 250))])
    relevant = np.full(20, float(depth))
    assert set(ranking.ndcg(padded, grades, 1000)) == {1.0}
    assert set(ranking.pres(grades, relevant, 1000)) == {1.0}
