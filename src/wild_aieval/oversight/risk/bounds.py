"""Tests and bounds for a share of errors, exact in small samples, and how many labels a promise needs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from wild_aieval.metrics import exact

Floats = NDArray[np.float64]
MOST_LABELS = 10_000_000


def binomial_p(errors: Floats, n: Floats, alpha: float) -> Floats:
    """P(Bin(n, alpha) <= errors): p-value of 'the error is above alpha' for losses that are 0 or 1.

    1 where n is 0. The exact test of Clopper and Pearson (Biometrika 26, 1934), one-sided.
    """
    errors, n = np.asarray(errors, dtype=np.float64), np.asarray(n, dtype=np.float64)
    certain = errors >= n
    from scipy import special

    inside = special.betainc(np.where(certain, 1.0, n - errors), np.where(certain, 1.0, errors + 1), 1 - alpha)
    p: Floats = np.where(certain, 1.0, inside)
    return p


def hoeffding_bentkus_p(total: Floats, n: Floats, alpha: float) -> Floats:
    """p-value of 'the mean loss is above alpha' for losses in [0, 1] whose sum is ``total``.

    min{exp(-n h1(min(r, alpha), alpha)), e P(Bin(n, alpha) <= ceil(n r))} with r = total / n and
    h1(a, b) = a ln(a/b) + (1-a) ln((1-a)/(1-b)): Angelopoulos, Bates, Candes, Jordan, Lei, "Learn then Test"
    (arXiv 2110.01052), after Hoeffding (JASA 58, 1963) and Bentkus (Annals of Probability 32, 2004).
    """
    total, n = np.asarray(total, dtype=np.float64), np.asarray(n, dtype=np.float64)
    rate = np.minimum(np.divide(total, n, out=np.full_like(total, alpha), where=n > 0), alpha)
    from scipy import special

    distance = special.rel_entr(rate, alpha) + special.rel_entr(1 - rate, 1 - alpha)
    # A sum of floats may lie a hair above the whole number that it stands for.
    bentkus = math.e * binomial_p(np.ceil(total - 1e-9), n, alpha)
    p: Floats = np.minimum(1.0, np.minimum(np.exp(-n * distance), bentkus))
    return p


def clopper_pearson(errors: float, n: int) -> tuple[float, float]:
    """Two-sided exact 95 % interval of a share; (0, 1) without items."""
    return (exact.share(errors, n).low, exact.share(errors, n).high) if n else (0.0, 1.0)


def smallest_sample(errors: int, alpha: float, delta: float) -> int:
    """The smallest n with P(Bin(n, alpha) <= errors) <= delta: fewest unflagged items that allow a promise.

    59 without errors at 5 % and 5 %, 124 with two of them.
    """
    return _first(lambda n: float(binomial_p(np.array(float(errors)), np.array(float(n)), alpha)) <= delta, errors + 1)


def error_free_needed(errors: float, n: int, alpha: float, delta: float) -> int:
    """How many more unflagged items, all of them right, would allow the promise; 0 where it stands."""
    return max(0, smallest_sample(math.ceil(errors - 1e-9), alpha, delta) - n)


def items_needed(rate: float, alpha: float, delta: float) -> int | None:
    """How many unflagged items allow the promise where this share of them is wrong; None: no number does.

    The share is taken as exact, and the tail as the continuous function through its whole numbers: about one
    sample in two needs more.
    """
    if rate >= alpha:
        return None

    def enough(n: int) -> bool:
        return float(binomial_p(np.array(rate * n), np.array(float(n)), alpha)) <= delta

    try:
        return _first(enough, smallest_sample(0, alpha, delta))
    except OverflowError:
        return None


def certifiable_rate(n: int, alpha: float, delta: float) -> float | None:
    """The largest observed share of errors with which n unflagged items allow the promise; None: not even 0."""
    allowed = np.arange(n + 1, dtype=np.float64)
    passing = int((binomial_p(allowed, np.full(n + 1, float(n)), alpha) <= delta).sum())
    return (passing - 1) / n if passing else None


def _first(holds: Callable[[int], bool], start: int) -> int:
    """The smallest n >= start for which the condition holds: doubling, then halving."""
    low, high = start - 1, start
    while not holds(high):
        low, high = high, 2 * high
        if high > MOST_LABELS:
            raise OverflowError(f"no n below {MOST_LABELS:,}")
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high
