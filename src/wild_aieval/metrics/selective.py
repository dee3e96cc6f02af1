"""How well a score sets wrong answers aside: areas under the curve of risk against coverage."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from wild_aieval.metrics.aggregates import Floats


def augrc(scores: Sequence[float] | Floats, wrong: Sequence[float] | Floats) -> float:
    """Area under the generalised risk-coverage curve (J. Traub and others, NeurIPS 2024), in [0, 0.5].

    The share of all items that is kept and wrong, averaged over how many items are kept, best score first.
    Read: the mean risk of an undetected failure. Equal scores are kept together: among them each wrong one counts
    as if it stood at every place with equal chance, so that the order of the rows is of no account.
    """
    score, loss = np.asarray(scores, dtype=np.float64), np.asarray(wrong, dtype=np.float64)
    _, group = np.unique(-score, return_inverse=True)
    even = (np.bincount(group, loss) / np.bincount(group))[np.sort(group)]
    return float(np.cumsum(even).sum() / len(score) ** 2)
