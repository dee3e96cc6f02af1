"""Recall of one query at every review depth that is tested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wild_aieval.benchmarks.load import Benchmark
from wild_aieval.items import Failure
from wild_aieval.metrics import ranking
from wild_aieval.metrics.prior_art import Facts, judge
from wild_aieval.tasks.base import Item


def recalls(benchmark: Benchmark, item: Item, output: Any | Failure, tested: Sequence[int]) -> list[float] | None:
    """Recall at each depth; None where no relevant document is prior art."""
    names = {document for document, _ in output} if not isinstance(output, Failure) else set()
    names |= set(item.row["judgments"]) & set(benchmark.corpus)
    corpus = {name: Facts(benchmark.corpus[name]["date"], benchmark.corpus[name]["family"]) for name in names}
    hits = [] if isinstance(output, Failure) else [(document, score) for document, score in output]
    judged = judge(hits, item.row["judgments"], corpus, Facts(item.given.date, item.given.family))
    if not judged.ideal:
        return None
    grades = np.full((1, max(tested)), -1.0)
    grades[0, : len(judged.grades)] = judged.grades[: max(tested)]
    relevant = np.array([float(len(judged.ideal))])
    return [float(ranking.recall(grades, relevant, k)[0]) for k in tested]
