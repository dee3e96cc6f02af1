"""The best of many scores without sorting them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

_GROUP = 16  # scores of which only the largest is looked at first


def best_rows(scores: NDArray[Any], k: int, slack: float = 0.0, floor: float = -np.inf) -> NDArray[np.int64]:
    """Rows of all scores above ``floor`` that reach the ``k``-th best less ``slack``: at least ``k`` where there are.

    The largest of each group of scores are looked at first. The ``k``-th of these is no better than the ``k``-th of
    all, so that what lies below it needs no second look. Scores are numbers, all of them.
    """
    groups = len(scores) // _GROUP
    firsts = scores
    if groups > 4 * k:
        firsts = scores[: groups * _GROUP].reshape(_GROUP, groups).max(axis=0)
    bound = np.partition(firsts, len(firsts) - k)[len(firsts) - k] - slack if len(firsts) > k else -np.inf
    rows = np.flatnonzero(scores >= bound if bound > floor else scores > floor)
    if len(rows) > k:
        found = scores[rows]
        rows = rows[found >= np.partition(found, len(found) - k)[len(found) - k] - slack]
    return rows
