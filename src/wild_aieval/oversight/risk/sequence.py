"""Fixed-sequence testing from strict to loose thresholds, on a grid that was fixed without labels.

The null hypotheses 'the share of errors among items with a score of at least t_j is above alpha' are tested one after
the other, each at the whole level, until one is not rejected (Learn then Test, arXiv 2110.01052, section 4). Which
thresholds there are, their order and where the sequence starts depend on the scores of the tune part and on the number
of calibration items alone. Given which calibration items pass a fixed threshold, their errors are independent draws
with the probability that is bounded, so that each p-value is valid.

The start matters: below the smallest count that allows a promise nothing can be rejected, and the sequence would end
at its first step. It starts where about twice that count is expected.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from wild_aieval.oversight.risk.bounds import binomial_p, hoeffding_bentkus_p, smallest_sample

Floats = NDArray[np.float64]
Loss = Literal["binary", "bounded"]
COVERAGES = tuple(round(0.05 * step, 2) for step in range(2, 21))


@dataclass(frozen=True, slots=True)
class Level:
    """At most ``alpha`` of the unflagged items wrong, with probability 1 - ``delta``."""

    alpha: float = 0.05
    delta: float = 0.05

    @property
    def smallest(self) -> int:
        """Fewest unflagged items, all right, that allow the promise."""
        return smallest_sample(0, self.alpha, self.delta)


@dataclass(frozen=True, slots=True)
class Step:
    """One threshold: unflagged calibration items, their summed loss, and what the test said.

    ``p_value`` is None where the sequence did not come this far, or began later.
    """

    threshold: float
    expected: float
    n: int
    errors: float
    p_value: float | None
    passed: bool


@dataclass(frozen=True, slots=True)
class Ladder:
    """All steps from strict to loose; ``certified``: the loosest of those that passed, None where none did."""

    steps: tuple[Step, ...]
    start: int
    certified: int | None

    @property
    def chosen(self) -> Step | None:
        """The certified step."""
        return None if self.certified is None else self.steps[self.certified]

    @property
    def shown(self) -> Step | None:
        """The certified step, else the one at which the sequence began; None without any threshold."""
        return self.chosen or (self.steps[self.start] if self.steps else None)


def thresholds_of(tune: Floats, coverages: Sequence[float] = COVERAGES) -> Floats:
    """Distinct thresholds, strict to loose, that keep these shares of the tune items; NaN is never kept.

    Equal scores cannot be told apart and are kept together. Empty where nothing has a score.
    """
    ascending = np.sort(tune[~np.isnan(tune)])
    if not len(ascending):
        return np.zeros(0)
    # Coverages beyond the share that has a score: the loosest threshold is the lowest score.
    kept = np.minimum(np.ceil(np.asarray(coverages) * len(tune) - 1e-9).astype(int), len(ascending))
    distinct: Floats = np.unique(ascending[len(ascending) - kept[kept > 0]]).astype(np.float64)
    return np.flip(distinct)


def expected_counts(tune: Floats, thresholds: Floats, n: int) -> Floats:
    """How many of n calibration items are to be expected at or above each threshold."""
    known = np.sort(tune[~np.isnan(tune)])
    above = len(known) - np.searchsorted(known, thresholds, side="left")
    counts: Floats = above.astype(np.float64) * (n / max(1, len(tune)))
    return counts


def counts_at(scores: Floats, losses: Floats, thresholds: Floats) -> tuple[Floats, Floats]:
    """Number of items with a score of at least each threshold, and their summed loss; NaN scores are below all."""
    known = ~np.isnan(scores)
    order = np.argsort(scores[known])
    ascending = scores[known][order]
    below = np.searchsorted(ascending, thresholds, side="left")
    from_here = np.append(np.cumsum(losses[known][order][::-1])[::-1], 0.0)
    return (len(ascending) - below).astype(np.float64), from_here[below]


def climb(tune: Floats, scores: Floats, losses: Floats, level: Level, loss: Loss = "binary") -> Ladder:
    """Test threshold after threshold on the calibration items until the promise does not hold any more."""
    thresholds = thresholds_of(tune)
    expected = expected_counts(tune, thresholds, len(scores))
    n, errors = counts_at(scores, losses, thresholds)
    test = binomial_p if loss == "binary" else hoeffding_bentkus_p
    p = test(errors, n, level.alpha)
    start = start_of(expected, level)
    passes = p <= level.delta
    stop = next((place for place in range(start, len(p)) if not passes[place]), len(p))
    steps = tuple(
        Step(
            float(t),
            float(e),
            int(count),
            float(k),
            float(value) if start <= place <= stop else None,
            start <= place < stop,
        )
        for place, (t, e, count, k, value) in enumerate(zip(thresholds, expected, n, errors, p, strict=True))
    )
    return Ladder(steps, start, stop - 1 if stop > start else None)


def start_of(expected: Floats, level: Level) -> int:
    """The first step at which twice the smallest sufficient count is expected, else the loosest one."""
    enough = np.flatnonzero(expected >= 2 * level.smallest)
    return int(enough[0]) if len(enough) else max(0, len(expected) - 1)
