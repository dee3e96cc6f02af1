"""Intervals: Wilson for proportions, seeded bootstrap from per-item statistics for the rest.

All intervals are two-sided 95 %. Resampling works on sums (see ``aggregates``): each item, or cluster
(a document, a family, an applicant), brings a row of statistics, a resample is a row of counts, and
one matrix product turns counts into resampled sums. Measures share their resamples; where few
different rows occur, such as the cells of a confusion matrix, a resample is a multinomial draw over
them instead, which is the same distribution. The memory of a chunk stays under about 50 MB.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.sparse import csr_array

from wild_aieval.metrics.aggregates import Aggregate, Floats, Measure, Rows
from wild_aieval.metrics.values import MeasureValue, not_measured

Z_95 = 1.959963984540054
RESAMPLES = 2_000
# Macro F1 has no sound interval where many classes have almost no items, and no measure has one where
# resamples lie far from its value, in SDs of the resamples (see docs/reading-the-numbers.md).
RARE, MOST_RARE, MOST_BIASED = 5, 0.1, 0.75
_CHUNK_CELLS = 2_000_000
_FEW = 8  # a multinomial over cells is faster where the units are this many times more than the cells


class Units(NamedTuple):
    """What is resampled: distinct rows of statistics, how many units have each, and how many units there are."""

    rows: Rows
    times: Floats
    total: int


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


def summarise(
    aggregates: Mapping[str, Aggregate], clusters: list[str] | None, seed: int, resamples: int | None = None
) -> dict[str, MeasureValue]:
    """Every measure with its interval, n and signature.

    Wilson for a proportion of items. Else BCa bootstrap over items or clusters; where all items fail or
    all succeed and no resample can differ, Wilson's with each item or cluster counted once. No interval
    where there is one item or cluster only, for macro F1 of rare classes, and where the bias is large.
    """
    found: dict[str, MeasureValue] = {}
    open_ones: dict[str, Units] = {}
    for name, aggregate in aggregates.items():
        settled = _without_resampling(aggregate, clusters)
        if settled is not None:
            found[name] = settled
        else:
            open_ones[name] = units_of(*_applying(aggregate, clusters))
    drawn = bootstrap(
        {name: (units, aggregates[name].measure) for name, units in open_ones.items()}, seed, resamples or RESAMPLES
    )
    for name, units in open_ones.items():
        found[name] = _resampled(aggregates[name], units, drawn[name], clusters is not None, seed)
    return {name: found[name] for name in aggregates}


def _applying(aggregate: Aggregate, clusters: list[str] | None) -> tuple[Rows, list[str] | None]:
    """Rows and clusters of the items that have any part in the measure."""
    applies = aggregate.applies
    if applies.all():
        return aggregate.rows, clusters
    return aggregate.rows[applies], clusters and [clusters[item] for item in np.flatnonzero(applies)]


def units_of(rows: Rows, clusters: list[str] | None) -> Units:
    """Rows of items, or summed by cluster, with equal rows counted instead of repeated where many are equal."""
    units = cluster_sums(rows, clusters)
    count = int(units.shape[0])
    first, inverse = _distinct(units)
    if len(first) * _FEW > count:
        return Units(units, np.ones(count), count)
    return Units(units[first], np.bincount(inverse, minlength=len(first)).astype(np.float64), count)


def chunk_size(width: int) -> int:
    """How many rows of so many cells fit into a chunk."""
    return max(1, _CHUNK_CELLS // max(1, width))


def cluster_sums(rows: Rows, clusters: list[str] | None) -> Rows:
    """Add up the rows of each cluster: shape (items, k) to (clusters, k). No clusters: unchanged.

    Clusters are in the order in which they come: what they are called changes no resample.
    """
    if clusters is None:
        return rows
    numbers: dict[str, int] = {}
    index = np.array([numbers.setdefault(name, len(numbers)) for name in clusters], dtype=np.int64)
    membership = csr_array((np.ones(len(index)), (index, np.arange(len(index)))), (len(numbers), len(index)))
    return membership @ rows


def bootstrap(wanted: Mapping[str, tuple[Units, Measure]], seed: int, resamples: int) -> dict[str, Floats]:
    """Each measure in each bootstrap resample of its units; arrays of shape (resamples,)."""
    values: dict[str, list[Floats]] = {name: [] for name in wanted}
    repeated = {name: units for name, (units, _) in wanted.items() if len(units.times) < units.total}
    for name, units in repeated.items():
        for counts in _cell_counts(units, seed, resamples):
            values[name].append(wanted[name][1](counts @ units.rows))
    plain = {name: units for name, (units, _) in wanted.items() if name not in repeated}
    for size in sorted({units.total for units in plain.values()}):
        same = [name for name, units in plain.items() if units.total == size]
        width = max(plain[name].rows.shape[1] for name in same)
        for counts in _unit_counts(size, seed, resamples, width):
            for name in same:
                values[name].append(wanted[name][1](counts @ plain[name].rows))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def bca_interval(samples: Floats, value: float, units: Units, measure: Measure) -> tuple[float, float, str]:
    """Bias-corrected and accelerated percentiles (Efron, JASA 82, 1987), and the name of the method.

    The acceleration comes from leaving out one unit at a time. Few units widen the levels as Student's t
    does (Hesterberg, The American Statistician 69, 2015). Plain percentiles where the correction is not
    defined; NaN (a resample in which the measure is undefined) is left out.
    """
    known = np.sort(samples[~np.isnan(samples)])
    levels = _levels(known, value, units, measure)
    low, high = np.quantile(known, levels or _expanded(units.total))
    return float(low), float(high), "bca" if levels else "percentile"


def _expanded(count: int) -> tuple[float, float]:
    low = float(special.ndtr(-_expanded_z(count)))
    return low, 1 - low


def _expanded_z(count: int) -> float:
    return math.sqrt(count / (count - 1)) * float(special.stdtrit(count - 1, 0.975))


def _levels(known: Floats, value: float, units: Units, measure: Measure) -> tuple[float, float] | None:
    near = 1e-9 * max(1.0, abs(value))
    below = float((known < value - near).mean() + 0.5 * (np.abs(known - value) <= near).mean())
    if not 0 < below < 1:
        return None
    bias, acceleration, z = float(special.ndtri(below)), _acceleration(units, measure), _expanded_z(units.total)
    low, high = (_level(bias, acceleration, side) for side in (-z, z))
    return (low, high) if low < high else None


def _level(bias: float, acceleration: float, z: float) -> float:
    bent = 1 - acceleration * (bias + z)
    return float(special.ndtr(bias + (bias + z) / bent)) if bent > 0 else math.nan


def _acceleration(units: Units, measure: Measure) -> float:
    """Skewness of the jackknife values, over 6."""
    total = np.asarray((csr_array(units.times.reshape(1, -1)) @ units.rows).sum(axis=0), dtype=np.float64)
    parts = []
    step = chunk_size(units.rows.shape[1])
    for start in range(0, len(units.times), step):
        chunk = units.rows[start : start + step]
        parts.append(measure(total - _dense(chunk)))
    left_out = np.concatenate(parts)
    known = ~np.isnan(left_out)
    times, left_out = units.times[known], left_out[known]
    away = np.average(left_out, weights=times) - left_out
    spread = float((times * away**2).sum())
    return float((times * away**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0


def _without_resampling(aggregate: Aggregate, clusters: list[str] | None) -> MeasureValue | None:
    """What needs no resampling: nothing to measure, a proportion, one unit, rare classes."""
    rows, chosen = _applying(aggregate, clusters)
    n = int(rows.shape[0])
    value = aggregate.value() if n else math.nan
    if math.isnan(value):
        return not_measured(f"{aggregate.signature}|ci:none")
    if clusters is None and aggregate.form == "ratio" and _is_proportion(rows):
        low, high = wilson(float(rows[:, 0].sum()), n)
        return MeasureValue(value, low, high, n, f"{aggregate.signature}|ci:wilson95")
    count, unit = (n, "items") if chosen is None else (len(set(chosen)), "clusters")
    if count < 2:
        return MeasureValue(value, None, None, n, f"{aggregate.signature}|ci:none,{unit}:{count}")
    if aggregate.form == "macro_f1" and (rare := rare_classes(aggregate)) > MOST_RARE * len(aggregate.columns):
        return MeasureValue(value, None, None, n, f"{aggregate.signature}|ci:none,rare classes:{rare}")
    return None


def rare_classes(aggregate: Aggregate) -> int:
    """Classes of a macro F1 with fewer than ``RARE`` items that truly have them."""
    sums = np.asarray(aggregate.rows.sum(axis=0), dtype=np.float64).reshape(-1, 3)
    return int((sums[:, 2] < RARE).sum())


def _is_proportion(rows: Floats) -> bool:
    return bool((rows[:, 1] == 1.0).all() and np.isin(rows[:, 0], (0.0, 1.0)).all())


def _resampled(aggregate: Aggregate, units: Units, samples: Floats, clustered: bool, seed: int) -> MeasureValue:
    value, n, scale = aggregate.value(), int(aggregate.applies.sum()), aggregate.scale
    unit = f"{'clusters' if clustered else 'items'}:{units.total}"
    if value in (0.0, scale) and np.nanmin(samples) == np.nanmax(samples):
        low, high = (scale * bound for bound in wilson(units.total * value / scale, units.total))
        return MeasureValue(value, low, high, n, f"{aggregate.signature}|ci:wilson95,{unit}")
    spread = max(float(np.nanstd(samples)), 1e-9 * scale)
    bias = abs(float(np.nanmean(samples)) - value) / spread
    if bias > MOST_BIASED:
        return MeasureValue(value, None, None, n, f"{aggregate.signature}|ci:none,bias:{bias:.2f} SD,{unit}")
    low, high, method = bca_interval(samples, value, units, aggregate.measure)
    ci = f"ci:bootstrap95,{len(samples)},{method},{unit},seed:{seed}"
    # Widened to hold the value, which percentiles of a biased measure need not do.
    return MeasureValue(value, min(low, value), max(high, value), n, f"{aggregate.signature}|{ci}")


def _distinct(units: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Index of the first of each distinct row, and for each row which distinct one it is."""
    width = units.shape[1]
    # Whole numbers, of which sums are exact in any order: equal rows have equal sums, others almost never.
    weights = np.random.default_rng(width).integers(1, 1 << 40, width).astype(np.float64)
    keys = np.asarray(units @ weights)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    return first, inverse


def _dense(rows: Rows) -> Floats:
    dense: Floats = rows if isinstance(rows, np.ndarray) else rows.toarray()
    return dense


def _unit_counts(units: int, seed: int, resamples: int, width: int) -> Iterator[Floats]:
    """Chunks of shape (m, units): how often each unit is drawn; the same for every measure with so many units."""
    generator = np.random.default_rng(seed)
    step = chunk_size(max(units, width))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        draws = generator.integers(0, units, size=(size, units), dtype=np.int32).astype(np.int64)
        draws += np.arange(size)[:, None] * units
        yield np.bincount(draws.ravel(), minlength=size * units).reshape(size, units).astype(np.float64)


def _cell_counts(units: Units, seed: int, resamples: int) -> Iterator[Floats]:
    """Chunks of shape (m, cells): how often each distinct row is drawn."""
    generator = np.random.default_rng(seed)
    step = chunk_size(max(len(units.times), units.rows.shape[1]))
    for start in range(0, resamples, step):
        size = min(step, resamples - start)
        yield generator.multinomial(units.total, units.times / units.total, size=size).astype(np.float64)
