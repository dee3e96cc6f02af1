"""Ranking measures on grade matrices.

``grades``: shape (queries, depth), the grade of the document at each rank: above 0 relevant, 0 judged
not relevant, -1 not judged or nothing at that rank. A query without an answer is a row of -1, so it
scores 0 by construction. ``relevant``: shape (queries,), how many relevant documents exist, all above 0.
All functions return one value per query.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
_TOGETHER = 128  # queries looked at at once, so that what is made of them stays in the processor's cache


def recall(grades: Floats, relevant: Floats, k: int) -> Floats:
    """Share of the relevant documents among the first ``k``."""
    values: Floats = (grades[:, :k] > 0).sum(axis=1) / relevant
    return values


def average_precision(grades: Floats, relevant: Floats, k: int) -> Floats:
    """Mean over all relevant documents of the precision at their rank; 0 for those not in the first k."""
    sums, width = np.zeros(len(grades)), min(k, grades.shape[1])
    precision = np.zeros((_TOGETHER, width))
    for start in range(0, len(grades), _TOGETHER):
        queries, places = _found(grades[start : start + _TOGETHER], k)
        before = np.searchsorted(queries, queries)  # of the same query, how many of all stand before its first
        precision[queries, places] = (np.arange(1, len(queries) + 1) - before) / (places + 1)
        sums[start : start + _TOGETHER] = precision[: len(grades) - start].sum(axis=1)
        precision[queries, places] = 0.0
    values: Floats = sums / relevant
    return values


def reciprocal_rank(grades: Floats, k: int) -> Floats:
    """1 / rank of the first relevant document in the first ``k``, else 0."""
    found = grades[:, :k] > 0
    if not found.shape[1]:
        return np.zeros(len(grades))
    first = found.argmax(axis=1)
    values: Floats = found[np.arange(len(found)), first] / (first + 1)
    return values


def ndcg(grades: Floats, ideal: Floats, k: int) -> Floats:
    """Normalised discounted cumulative gain with gain = grade and discount log2(rank + 1).

    Jaervelin and Kekaelaeinen, ACM TOIS 20(4), 2002, in the form of trec_eval. ``ideal``: shape
    (queries, m), all grades of each query in descending order, padded with 0.
    """

    def dcg(matrix: Floats) -> Floats:
        # Both sides are summed at width k in the same order: a perfect ranking is exactly 1.
        gains = np.zeros((len(matrix), k))
        np.maximum(matrix[:, :k], 0.0, out=gains[:, : matrix.shape[1]])
        gains /= np.log2(np.arange(2, k + 2))
        total: Floats = gains.sum(axis=1)
        return total

    values: Floats = dcg(grades) / dcg(ideal)
    return values


def pres(grades: Floats, relevant: Floats, n_max: int) -> Floats:
    """Patent Retrieval Evaluation Score (Magdy and Jones, SIGIR 2010).

    1 - (mean rank of the relevant documents - (n + 1) / 2) / n_max, where the i-th relevant document
    of all n that is not in the first ``n_max`` takes the rank n_max + i. 1: all on top; 0: none found.
    Summed as ranks lost against the ideal rank i: those found lose rank - i, the others n_max each.
    """
    count, ranks = np.zeros(len(grades)), np.zeros(len(grades))
    for start in range(0, len(grades), _TOGETHER):
        block = grades[start : start + _TOGETHER]
        queries, places = _found(block, n_max)
        count[start : start + len(block)] = np.bincount(queries, minlength=len(block))
        ranks[start : start + len(block)] = np.bincount(queries, weights=places + 1.0, minlength=len(block))
    lost = ranks - count * (count + 1) / 2
    values: Floats = 1.0 - (lost + (relevant - count) * n_max) / (relevant * n_max)
    return values


def judged(grades: Floats, returned: Floats, k: int) -> Floats:
    """Share of the first ``k`` returned documents that have a judgment; 0 where none came back."""
    seen = (grades[:, :k] >= 0).sum(axis=1)
    values: Floats = seen / np.maximum(np.minimum(returned, k), 1)
    return values


def _found(grades: Floats, k: int) -> tuple[Places, Places]:
    """Queries, ascending, and places from 0 of all relevant documents in the first ``k``."""
    relevant = grades[:, :k] > 0
    queries, places = np.divmod(np.flatnonzero(relevant), max(1, relevant.shape[1]))
    return queries, places
