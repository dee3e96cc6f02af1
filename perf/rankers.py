"""Ranking measures by one tool, in a process of its own: called by ``ranking.py``.

python perf/rankers.py CASE FILE QUERIES ROUNDS    figures go to FILE

Everybody gets the same rankings: 1,000 documents for each query out of 75,000, some twenty of them judged.
"""

from __future__ import annotations

import json
import math
import resource
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

DEPTH, DOCUMENTS, JUDGED = 1_000, 75_000, 20
Means = dict[str, float]


class Given:
    """``answers``: pairs of id and score, best first; ``judgments``: grade by id; both for each query."""

    def __init__(self, queries: int) -> None:
        chance = np.random.default_rng(11)
        self.names = [f"d{number:07}" for number in range(DOCUMENTS)]
        self.answers: list[list[list[Any]]] = []
        self.judgments: list[dict[str, int]] = []
        for _ in range(queries):
            found = chance.choice(DOCUMENTS, DEPTH, replace=False).tolist()
            scores = np.sort(chance.random(DEPTH) + np.arange(DEPTH))[::-1].tolist()
            self.answers.append([[self.names[n], s] for n, s in zip(found, scores, strict=True)])
            ranks = (chance.random(JUDGED) ** 2 * 2 * DEPTH).astype(int).tolist()
            judged = [found[rank] if rank < DEPTH else int(chance.integers(DOCUMENTS)) for rank in ranks]
            grades = chance.integers(0, 4, JUDGED).tolist()
            self.judgments.append({self.names[n]: g for n, g in zip(judged, grades, strict=True)} | _sure(found, self))


def _sure(found: list[int], given: Given) -> dict[str, int]:
    """One relevant document that is found, so that every query counts."""
    return {given.names[found[7]]: 3}


# Each gives functions: measures alone, and from answers to measures --------------------------------------------------


def harness(given: Given) -> dict[str, Callable[[], Means]]:
    """The scorer of the task, and the measures on its arrays."""
    from wild_aieval.items import Query
    from wild_aieval.metrics import ranking
    from wild_aieval.metrics.judging import Collection, Judge
    from wild_aieval.metrics.prior_art import Facts
    from wild_aieval.tasks.base import Item
    from wild_aieval.tasks.search import _Scorer

    documents = Collection((name, Facts("", "")) for name in given.names)
    judged = Judge(documents, DEPTH).judged(given.answers, given.judgments, [Facts("", "")] * len(given.answers))
    relevant = (judged.ideal > 0).sum(axis=1).astype(np.float64)
    items = [Item("q", Query("q", ""), {}, {"judgments": one}) for one in given.judgments]
    benchmark: Any = SimpleNamespace(manifest=SimpleNamespace(grades={"X": 3}, depth=DEPTH), name="search/perf")

    def measures() -> Means:
        grades, ideal = judged.grades, judged.ideal
        return {
            "recall": float(ranking.recall(grades, relevant, 100).mean()),
            "ndcg": float(ranking.ndcg(grades, ideal, 100).mean()),
            "map": float(ranking.average_precision(grades, relevant, DEPTH).mean()),
            "pres": float(ranking.pres(grades, relevant, DEPTH).mean()),
        }

    def path() -> Means:
        rows = _Scorer(benchmark, documents).add(items, given.answers)
        names = {"recall": "recall_100", "ndcg": "ndcg_100", "map": f"map_{DEPTH}", "pres": f"pres_{DEPTH}"}
        return {name: float(np.mean([row[column] for row in rows])) for name, column in names.items()}

    return {"measures": measures, "path": path}


def plain(given: Given) -> dict[str, Callable[[], Means]]:
    """Python, query by query, as the definitions read."""
    ideals = [sorted((g for g in one.values() if g > 0), reverse=True) for one in given.judgments]

    def grades_of(answer: Sequence[Sequence[Any]], judgments: dict[str, int]) -> list[int]:
        return [judgments.get(name, -1) for name, _ in sorted(answer, key=lambda hit: (-hit[1], hit[0]))]

    listed = [grades_of(answer, one) for answer, one in zip(given.answers, given.judgments, strict=True)]

    def measures() -> Means:
        return _means([_of_one(grades, ideal) for grades, ideal in zip(listed, ideals, strict=True)])

    def path() -> Means:
        every = zip(given.answers, given.judgments, ideals, strict=True)
        return _means([_of_one(grades_of(answer, one), ideal) for answer, one, ideal in every])

    return {"measures": measures, "path": path}


def _of_one(grades: Sequence[int], ideal: Sequence[int]) -> Means:
    """Each measure as its definition reads."""
    relevant = [rank for rank, grade in enumerate(grades, 1) if grade > 0]
    gain = sum(max(grade, 0) / math.log2(rank + 1) for rank, grade in enumerate(grades[:100], 1))
    best = sum(grade / math.log2(rank + 1) for rank, grade in enumerate(ideal[:100], 1))
    ranks = relevant + [DEPTH + number for number in range(len(relevant) + 1, len(ideal) + 1)]
    found, precisions = 0, 0.0
    for rank, grade in enumerate(grades, 1):
        if grade > 0:
            found += 1
            precisions += found / rank
    return {
        "recall": sum(grade > 0 for grade in grades[:100]) / len(ideal),
        "ndcg": gain / best,
        "map": precisions / len(ideal),
        "pres": 1 - (sum(ranks) / len(ideal) - (len(ideal) + 1) / 2) / DEPTH,
    }


def _means(rows: Sequence[Means]) -> Means:
    return {name: sum(row[name] for row in rows) / len(rows) for name in rows[0]}


def by_ir_measures(given: Given) -> dict[str, Callable[[], Means]]:
    """ir_measures, which asks trec_eval's code; it takes dictionaries."""
    import ir_measures
    from ir_measures import AP, R, nDCG

    names = {"recall": R @ 100, "ndcg": nDCG @ 100, "map": AP @ DEPTH}

    def path() -> Means:
        run = {f"q{number}": dict(answer) for number, answer in enumerate(given.answers)}
        qrels = {f"q{number}": one for number, one in enumerate(given.judgments)}
        found = ir_measures.calc_aggregate(list(names.values()), qrels, run)
        return {name: float(found[measure]) for name, measure in names.items()}

    return {"path": path}


def by_ranx(given: Given) -> dict[str, Callable[[], Means]]:
    """ranx, compiled before; its own arrays are made before the measures alone are timed."""
    from ranx import Qrels, Run, evaluate

    names = {"recall": "recall@100", "ndcg": "ndcg@100", "map": f"map@{DEPTH}"}

    def made() -> tuple[Any, Any]:
        run = {f"q{number}": dict(answer) for number, answer in enumerate(given.answers)}
        positive = [{name: grade for name, grade in one.items() if grade > 0} for one in given.judgments]
        return Qrels({f"q{number}": one for number, one in enumerate(positive)}), Run(run)

    qrels, run = made()

    def measured(qrels: Any, run: Any) -> Means:
        found = evaluate(qrels, run, list(names.values()))
        return {name: float(found[measure]) for name, measure in names.items()}

    measured(qrels, run)
    return {"measures": lambda: measured(qrels, run), "path": lambda: measured(*made())}


CASES = {"harness": harness, "plain": plain, "ir_measures": by_ir_measures, "ranx": by_ranx}


def run(case: str, queries: int, rounds: int) -> dict[str, Any]:
    """CPU seconds of each round of each kind of work, what came out, and what it took to get ready."""
    given = Given(queries)
    begun = time.process_time()
    works = CASES[case](given)
    figures: dict[str, Any] = {"ready": time.process_time() - begun, "means": {}}
    for name, work in works.items():
        figures[name] = []
        for _ in range(rounds):
            begun = time.process_time()
            figures["means"][name] = work()
            figures[name].append(time.process_time() - begun)
    figures["peak"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures


if __name__ == "__main__":
    chosen, file, count, times = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    file.write_text(json.dumps(run(chosen, count, times)), encoding="utf-8")
