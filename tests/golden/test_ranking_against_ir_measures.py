"""Ranking measures against ir_measures (trec_eval), PRES against its published example and definition."""

from __future__ import annotations

from collections.abc import Sequence

import ir_measures
import numpy as np
import pytest
from ir_measures import AP, RR, Judged, R, nDCG

from wild_aieval.metrics import ranking
from wild_aieval.metrics.prior_art import Facts, JudgedRanking, judge

Run = dict[str, dict[str, float]]
Qrels = dict[str, dict[str, int]]
DOCUMENTS = [f"d{number:03d}" for number in range(120)]
UNKNOWN = Facts("", "")
CUTOFFS = (1, 5, 10, 50, 1000)


def _judged(run: Run, qrels: Qrels) -> list[JudgedRanking]:
    corpus = dict.fromkeys(DOCUMENTS, UNKNOWN)
    return [judge(list(run.get(query, {}).items()), judgments, corpus, UNKNOWN) for query, judgments in qrels.items()]


def _matrix(rows: Sequence[Sequence[int]], fill: float) -> ranking.Floats:
    matrix = np.full((len(rows), max(map(len, rows))), fill)
    for row, values in zip(matrix, rows, strict=True):
        row[: len(values)] = values
    return matrix


def _mine(run: Run, qrels: Qrels, k: int) -> dict[str, ranking.Floats]:
    judged = _judged(run, qrels)
    grades, ideal = _matrix([row.grades for row in judged], -1), _matrix([row.ideal for row in judged], 0)
    relevant = np.array([float(len(row.ideal)) for row in judged])
    returned = np.array([float(len(row.grades)) for row in judged])
    return {
        "R": ranking.recall(grades, relevant, k),
        "nDCG": ranking.ndcg(grades, ideal, k),
        "AP": ranking.average_precision(grades, relevant, k),
        "RR": ranking.reciprocal_rank(grades, k),
        "Judged": ranking.judged(grades, returned, k),
    }


def _theirs(run: Run, qrels: Qrels, k: int) -> dict[str, ranking.Floats]:
    measures = {"R": R @ k, "nDCG": nDCG @ k, "AP": AP @ k, "RR": RR @ k, "Judged": Judged @ k}
    found = {(m.query_id, m.measure): m.value for m in ir_measures.iter_calc(measures.values(), qrels, run)}
    return {name: np.array([found.get((query, measure), 0.0) for query in qrels]) for name, measure in measures.items()}


def _collection(seed: int, tied: bool) -> tuple[Run, Qrels]:
    """60 queries with grades 0 to 3, rankings of unlike length, every seventh query unanswered."""
    generator = np.random.default_rng(seed)
    run: Run = {}
    qrels: Qrels = {}
    for number in range(60):
        judged = generator.choice(DOCUMENTS, 20, replace=False)
        qrels[f"q{number}"] = {str(name): int(generator.integers(0, 4)) for name in judged}
        qrels[f"q{number}"][str(judged[0])] = 1
        if number % 7:
            found = generator.choice(DOCUMENTS, generator.integers(1, 100), replace=False)
            scores = generator.integers(0, 6, len(found)) if tied else generator.permutation(len(found))
            run[f"q{number}"] = {str(name): float(score) for name, score in zip(found, scores, strict=True)}
    return run, qrels


def _scored_by_rank(run: Run) -> Run:
    """The same order by our tie rule, with scores that no longer tie."""
    ordered = {query: sorted(hits, key=lambda name: (-hits[name], name)) for query, hits in run.items()}
    return {query: {name: float(-rank) for rank, name in enumerate(names)} for query, names in ordered.items()}


@pytest.mark.parametrize("k", CUTOFFS)
@pytest.mark.parametrize("seed", range(3))
def test_every_query_equals_ir_measures(seed: int, k: int) -> None:
    run, qrels = _collection(seed, tied=False)
    mine, theirs = _mine(run, qrels, k), _theirs(run, qrels, k)
    for name, values in theirs.items():
        assert mine[name] == pytest.approx(values, abs=1e-9), name


@pytest.mark.parametrize("k", CUTOFFS)
def test_ties_are_broken_by_id(k: int) -> None:
    run, qrels = _collection(11, tied=True)
    mine, theirs = _mine(run, qrels, k), _theirs(_scored_by_rank(run), qrels, k)
    for name, values in theirs.items():
        assert mine[name] == pytest.approx(values, abs=1e-9), name


def test_a_missing_query_counts_in_the_mean_as_in_ir_measures() -> None:
    run, qrels = _collection(5, tied=False)
    found = ir_measures.calc_aggregate([nDCG @ 10, AP @ 10, R @ 10], qrels, run)
    mine = _mine(run, qrels, 10)
    assert mine["nDCG"].mean() == pytest.approx(found[nDCG @ 10], abs=1e-9)
    assert mine["AP"].mean() == pytest.approx(found[AP @ 10], abs=1e-9)
    assert mine["R"].mean() == pytest.approx(found[R @ 10], abs=1e-9)


def test_no_answer_at_all_scores_zero() -> None:
    grades, ones = np.zeros((2, 0)), np.ones(2)
    assert ranking.recall(grades, ones, 10).tolist() == [0, 0]
    assert ranking.ndcg(grades, np.ones((2, 1)), 10).tolist() == [0, 0]
    assert ranking.average_precision(grades, ones, 10).tolist() == [0, 0]
    assert ranking.reciprocal_rank(grades, 10).tolist() == [0, 0]
    assert ranking.pres(grades, ones, 10).tolist() == [0, 0]
    assert ranking.judged(grades, np.zeros(2), 10).tolist() == [0, 0]


# The four systems with which Magdy and Jones (SIGIR 2010) compare PRES with AP and recall: a topic with
# four relevant documents, the first 100 results are checked.
PRES_EXAMPLE = [([1], 0.25), ([50, 51, 53, 54], 0.505), ([1, 2, 3, 4], 1.0), ([1, 98, 99, 100], 0.28)]


@pytest.mark.parametrize(("ranks", "published"), PRES_EXAMPLE)
def test_pres_equals_its_published_example(ranks: list[int], published: float) -> None:
    grades = np.full((1, 100), -1.0)
    grades[0, np.array(ranks) - 1] = 1
    assert ranking.pres(grades, np.array([4.0]), 100)[0] == pytest.approx(published, abs=1e-12)


def _pres_by_definition(ranks: list[int], n: int, n_max: int) -> float:
    found = [rank for rank in sorted(ranks) if rank <= n_max]
    everything = found + [n_max + number for number in range(len(found) + 1, n + 1)]
    return 1 - (sum(everything) / n - (n + 1) / 2) / n_max


@pytest.mark.parametrize("n_max", [1, 10, 100, 1000])
def test_pres_equals_its_definition(n_max: int) -> None:
    generator = np.random.default_rng(n_max)
    grades = np.where(generator.random((200, 120)) < 0.05, generator.integers(1, 4, (200, 120)), -1).astype(float)
    relevant = (grades > 0).sum(axis=1) + generator.integers(1, 5, 200).astype(float)
    expected = [
        _pres_by_definition((np.flatnonzero(row > 0) + 1).tolist(), int(n), n_max)
        for row, n in zip(grades, relevant, strict=True)
    ]
    assert ranking.pres(grades, relevant, n_max) == pytest.approx(np.array(expected), abs=1e-12)
