"""Reasons of search; a hit is (document id, score), best first."""

from __future__ import annotations

import bisect
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from wild_aieval.metrics.prior_art import Facts

Hits = Sequence[tuple[str, float]]
FIRST = 10


def few_results(answer: Hits) -> float:
    """``FEW_RESULTS``: how many documents were found."""
    return float(len(answer))


def low_top_score(answer: Hits) -> float:
    """``LOW_TOP_SCORE``: the score of the first document; search has no common scale, so a limit fits one tool."""
    return answer[0][1]


def flat_scores(answer: Hits) -> float | None:
    """``FLAT_SCORES``: how far the tenth score lies below the first, as a share of the first's size.

    A form of score-based query performance prediction (A. Shtok et al., NQC, 2012), which does not carry from one
    collection to another.
    """
    if len(answer) < FIRST:
        return None
    first, tenth = answer[0][1], answer[FIRST - 1][1]
    return (first - tenth) / abs(first) if first else 0.0


def date_violations(late: NDArray[np.bool_]) -> float:
    """``DATE_VIOLATION``: how many documents found were not published before the query's date."""
    return float(late.sum())


def family_self_hits(own: NDArray[np.bool_]) -> float:
    """``FAMILY_SELF_HIT``: how many documents found are of the query's own family."""
    return float(own.sum())


def eligible(dates: Sequence[str], undated: int, query: Facts) -> float | None:
    """``POOL_INCOMPLETE``: how many documents of the collection could be prior art by their date.

    ``dates`` are sorted; documents without a date count. Where they are few, nothing found says little about the art.
    """
    return float(bisect.bisect_left(dates, query.date) + undated) if query.date else None
