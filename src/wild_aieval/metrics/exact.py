"""Exact binomial bounds, bounds of weighted shares, and bounds of what is computed from two shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np


class Bounded(NamedTuple):
    """A value between two bounds."""

    value: float
    low: float
    high: float


def lower(k: float, n: float, miss: float = 0.05) -> float:
    """One-sided lower bound of a share after C. Clopper and E. Pearson (Biometrika 26, 1934): k of n.

    The share lies below it with probability ``miss`` at most. Whole numbers are exact; others are what
    ``weighted_share`` needs.
    """
    _check(k, n)
    return _beta(miss, k, n - k + 1) if k > 0 else 0.0


def upper(k: float, n: float, miss: float = 0.05) -> float:
    """One-sided upper bound, the mirror of ``lower``."""
    _check(k, n)
    return _beta(1 - miss, k + 1, n - k) if k < n else 1.0


def share(k: float, n: float, miss: float = 0.05) -> Bounded:
    """A share k of n with its two-sided Clopper-Pearson interval; ``miss`` in all, half at either end."""
    return Bounded(k / n, lower(k, n, miss / 2), upper(k, n, miss / 2))


def effective_number(weights: Sequence[float]) -> float:
    """How many equally weighted items tell as much: (sum w)^2 / sum w^2 (L. Kish, Survey Sampling, 1965)."""
    column = np.asarray(weights, dtype=np.float64)
    return float(column.sum() ** 2 / (column**2).sum())


def weighted_share(marks: Sequence[bool], probabilities: Sequence[float], miss: float = 0.05) -> Bounded:
    """The share of marks where each item was drawn with its own probability.

    Inverse-probability weights normalised to 1 (J. Hájek, 1971). The interval is Clopper-Pearson's on the effective
    number of items (E. Korn and B. Graubard, Survey Methodology 24, 1998, with Kish's number), hence exact
    where all weights are equal, and never empty where nothing or everything is marked, unlike a bootstrap.
    """
    if not marks:
        raise ValueError("a share of no items has no interval")
    if not all(0 < probability <= 1 for probability in probabilities):
        raise ValueError("a probability lies outside (0, 1]")
    weights = 1 / np.asarray(probabilities, dtype=np.float64)
    n = effective_number(weights.tolist())
    value = float(weights[np.asarray(marks, dtype=np.bool_)].sum() / weights.sum())
    if len(set(probabilities)) == 1:
        return share(sum(marks), len(marks), miss)
    return Bounded(value, *share(value * n, n, miss)[1:])


def difference(first: Bounded, second: Bounded) -> Bounded:
    """First minus second, of independent samples, from their own intervals.

    R. Newcombe, Statistics in Medicine 17 (1998), method 10, for any pair of intervals (MOVER: G. Zou and
    A. Donner, Statistics in Medicine 27, 2008).
    """
    value = first.value - second.value
    down = math.hypot(first.value - first.low, second.high - second.value)
    up = math.hypot(first.high - first.value, second.value - second.low)
    return Bounded(value, max(-1.0, value - down), min(1.0, value + up))


class Stratum(NamedTuple):
    """Items of a kind: how many there are, and marks and probabilities of those that were looked at."""

    size: int
    marks: Sequence[bool]
    probabilities: Sequence[float]


def share_within(inside: Stratum, outside: Stratum) -> Bounded | None:
    """Of all marked items of two strata, the share that lies in the first; None where nothing is marked.

    Each stratum's share is bounded at 97.5 %, so that both bounds hold together at 95 % whatever their
    dependence (Bonferroni). Wider than a bootstrap, which is empty or far too short where a stratum shows
    few marks or none: the common case in an audit.
    """
    one, other = (weighted_share(part.marks, part.probabilities, 0.025) for part in (inside, outside))
    value = _part(inside.size * one.value, outside.size * other.value)
    if value is None:
        return None
    low = _part(inside.size * one.low, outside.size * other.high)
    high = _part(inside.size * one.high, outside.size * other.low)
    return Bounded(value, low or 0.0, 1.0 if high is None else high)


def median(values: Sequence[float], miss: float = 0.05) -> Bounded:
    """The median with its distribution-free interval of order statistics (W. Thompson, 1936).

    Where too few values are there for the level, the bounds are the smallest and the largest one.
    """
    if not values:
        raise ValueError("no values have no median")
    from scipy import stats

    ordered = sorted(values)
    n = len(ordered)
    rank = max(0, int(stats.binom.ppf(miss / 2, n, 0.5)) - 1)
    return Bounded(float(np.median(ordered)), float(ordered[rank]), float(ordered[n - 1 - rank]))


def _beta(share: float, a: float, b: float) -> float:
    """A quantile of the beta distribution; its module takes half a second to import, which most runs can do without."""
    from scipy import stats

    return float(stats.beta.ppf(share, a, b))


def _part(inside: float, outside: float) -> float | None:
    return inside / (inside + outside) if inside + outside > 0 else None


def _check(k: float, n: float) -> None:
    if not (n > 0 and 0 <= k <= n):
        raise ValueError(f"{k} of {n} items")
