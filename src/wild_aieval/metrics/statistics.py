"""Intervals: Wilson for proportions, seeded bootstrap from per-item statistics for the rest.

All intervals are two-sided 95 %. Resampling works on sums: each item (or cluster: a document, a
family) brings a row of statistics, a resample is a row of counts, and one matrix product turns
counts into resampled sums. The memory of a chunk stays under about 100 MB.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from wild_aieval.metrics.values import MeasureValue, not_measured

Floats = NDArray[np.float64]
Rows = Any  # Floats, or a scipy sparse array of the same shape where most statistics are 0
Z_95 = 1.959963984540054
RESAMPLES = 2_000
_CHUNK_CELLS = 4_000_000


def wilson(successes: float, n: int) -> tuple[float, float]:
    """Wilson score interval of a proportion (E. B. Wilson, JASA 22, 1927), 95 %.

    ``successes`` in [0, n]; returns (low, high) in [0, 1]. Raises ValueError for n = 0 and for
    successes outside [0, n].
    """
    if n <= 0:
        raise ValueError("a proportion of no items has no interval")
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} successes among {n} items")
    share, z2 = successes / n, Z_95**2
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = max(0.0, centre - half) if successes else 0.0
    high = min(1.0, centre + half) if successes < n else 1.0
    return low, high


def cluster_sums(rows: Rows, clusters: list[str] | None) -> Rows:
    """Add up the rows of each cluster: shape (items, k) to (clusters, k). No clusters: unchanged."""
    if clusters is None:
        return rows
    names, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    membership = csr_array((np.ones(len(index)), (index, np.arange(len(index)))), (len(names), len(index)))
    return membership @ rows


def bootstrap(rows: Rows, measure: Callable[[Floats], Floats], seed: int) -> Floats:
    """The measure in each of ``RESAMPLES`` bootstrap resamples of the rows; shape (RESAMPLES,)."""
    units, width = rows.shape
    generator = np.random.default_rng(seed)
    step = max(1, _CHUNK_CELLS // max(1, units, width))
    values = []
    for start in range(0, RESAMPLES, step):
        size = min(step, RESAMPLES - start)
        draws = generator.integers(0, units, size=(size, units))
        draws += np.arange(size)[:, None] * units
        counts = np.bincount(draws.ravel(), minlength=size * units).reshape(size, units)
        values.append(measure(counts.astype(np.float64) @ rows))
    return np.concatenate(values)


def percentile_interval(samples: Floats) -> tuple[float, float]:
    """The 2.5th and 97.5th percentile, NaN left out (a resample in which the measure is undefined)."""
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return float(low), float(high)


def proportion(hits: Floats, signature: str, *, clusters: list[str] | None, seed: int) -> MeasureValue:
    """Share of items that hit, ``hits`` of shape (items,) in {0, 1}: Wilson, or cluster bootstrap.

    Where all hit or none does, the interval is Wilson's with each cluster counted once.
    """
    if not len(hits):
        return not_measured(f"{signature}|ci:none")
    if clusters is not None:
        return mean(hits, signature, clusters=clusters, seed=seed)
    low, high = wilson(float(hits.sum()), len(hits))
    return MeasureValue(float(hits.mean()), low, high, len(hits), f"{signature}|ci:wilson95")


def mean(values: Floats, signature: str, *, clusters: list[str] | None, seed: int) -> MeasureValue:
    """Mean of per-item values in [0, 1], ``values`` of shape (items,), with a bootstrap interval."""
    rows = np.column_stack([values, np.ones(len(values))])
    return from_sums(rows, lambda s: s[:, 0] / s[:, 1], signature, clusters=clusters, seed=seed)


def from_sums(
    rows: Rows,
    measure: Callable[[Floats], Floats],
    signature: str,
    *,
    clusters: list[str] | None,
    seed: int,
    scale: float = 1.0,
) -> MeasureValue:
    """A measure that is a function of summed per-item statistics.

    ``rows``: shape (items, k). ``measure`` maps sums of shape (m, k) to m values; NaN where undefined.
    The interval is widened to hold the value, which percentiles of a biased measure need not do. Where
    no resample can differ because every item fails (value 0) or succeeds (value ``scale``), it is
    Wilson's, each item or cluster counted once; where there is one item or cluster only, there is none.
    """
    units = cluster_sums(rows, clusters)
    count = units.shape[0]
    unit = "clusters" if clusters is not None else "items"
    ci = f"|ci:bootstrap95,{RESAMPLES},percentile,{unit}:{count},seed:{seed}"
    if not count:
        return not_measured(signature + ci)
    with np.errstate(invalid="ignore", divide="ignore"):
        total = np.asarray(units.sum(axis=0), dtype=np.float64).reshape(1, -1)
        value = float(measure(total)[0])
        if math.isnan(value):
            return not_measured(signature + ci)
        if count < 2:
            return MeasureValue(value, None, None, rows.shape[0], f"{signature}|ci:none,{unit}:{count}")
        samples = bootstrap(units, measure, seed)
    if value in (0.0, scale) and np.nanmin(samples) == np.nanmax(samples):
        low, high = (scale * bound for bound in wilson(count * value / scale, count))
        return MeasureValue(value, low, high, rows.shape[0], f"{signature}|ci:wilson95,{unit}:{count}")
    low, high = percentile_interval(samples)
    return MeasureValue(value, min(low, value), max(high, value), rows.shape[0], signature + ci)
