"""Whether a batch looks like the calibration items: two samples of scores, no labels.

A test that does not call proves nothing: errors may change where scores do not. It can only stop the use of a
certificate, never support it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
PERMUTATIONS = 999
FEWEST = 20  # below, no test is worth its name


def shift_p_value(calibration: Floats, batch: Floats, seed: int = 0) -> float | None:
    """Permutation p-value of the Kolmogorov-Smirnov distance; None where a sample has fewer than ``FEWEST`` scores.

    (1 + permutations with at least the observed distance) / (1 + permutations), which is valid with ties and in small
    samples (Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology 9, 2010).
    """
    if min(len(calibration), len(batch)) < FEWEST:
        return None
    pooled = np.concatenate([calibration, batch])
    order = np.argsort(pooled, kind="stable")
    # The distance counts only where the next score is another one.
    last = np.append(np.diff(pooled[order]) > 0, True)
    first = np.zeros(len(pooled))
    first[: len(calibration)] = 1.0
    first = first[order]
    generator = np.random.default_rng(seed)
    observed = _distance(first, last, len(calibration))
    beyond = sum(
        _distance(generator.permutation(first), last, len(calibration)) >= observed - 1e-12 for _ in range(PERMUTATIONS)
    )
    return (1 + beyond) / (1 + PERMUTATIONS)


def _distance(first: Floats, last: NDArray[np.bool_], n: int) -> float:
    """Largest difference of the two empirical distribution functions; ``first``: 1 for the first sample, in order."""
    of_first = np.cumsum(first)
    of_second = np.arange(1, len(first) + 1) - of_first
    return float(np.abs(of_first / n - of_second / (len(first) - n))[last].max())
