"""Risk against coverage: the curve, its areas with intervals, equal scores as one working point."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from wild_aieval.oversight.risk.bounds import clopper_pearson

Floats = NDArray[np.float64]
MOST_POINTS = 200


class Area(NamedTuple):
    """An area with its 95 % bootstrap interval."""

    value: float
    low: float
    high: float


def points(scores: Floats, losses: Floats) -> tuple[Floats, Floats, Floats]:
    """Working points from strict to loose: threshold, items kept, their summed loss. NaN scores are kept last."""
    order = np.argsort(-np.where(np.isnan(scores), -np.inf, scores), kind="stable")
    ranked, lost = scores[order], np.cumsum(losses[order])
    filled = np.where(np.isnan(ranked), -np.inf, ranked)
    last = np.append(filled[1:] < filled[:-1], True)
    kept: Floats = np.flatnonzero(last).astype(np.float64) + 1.0
    return filled[last], kept, lost[last]


def aurc(scores: Floats, losses: Floats) -> float:
    """Area under the risk-coverage curve: mean over k of the mean loss among the k items kept (Geifman, Uziel,
    El-Yaniv, ICLR 2019). Within equal scores the summed loss is spread evenly, as it is on average over random
    orders. It puts much weight on the few highest scores.
    """
    return float((_spread(scores, losses) / np.arange(1, len(losses) + 1)).mean())


def with_interval(area: Any, scores: Floats, losses: Floats, seed: int = 0, resamples: int = 500) -> Area:
    """The area with percentiles of its bootstrap; areas converge slowly, and no test is made of them."""
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(resamples):
        chosen = generator.integers(0, len(scores), len(scores))
        drawn.append(area(scores[chosen], losses[chosen]))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Area(area(scores, losses), float(low), float(high))


def curve(scores: Floats, losses: Floats) -> list[dict[str, float]]:
    """Working points for a figure: coverage, selective risk with its exact pointwise interval, generalised risk.

    At most ``MOST_POINTS``, evenly spaced by coverage, the last one always.
    """
    thresholds, kept, lost = points(scores, losses)
    places = np.unique(np.linspace(0, len(kept) - 1, min(len(kept), MOST_POINTS)).round().astype(int))
    found = []
    for place in places:
        if not np.isfinite(thresholds[place]):
            continue
        n, k = int(kept[place]), float(lost[place])
        low, high = clopper_pearson(int(k), n)
        found.append(
            {
                "threshold": float(thresholds[place]), "coverage": n / len(scores), "risk": k / n, "low": low,
                "high": high, "generalised": k / len(scores),
            }
        )  # fmt: skip
    return found


def _spread(scores: Floats, losses: Floats) -> Floats:
    """Expected summed loss among the k highest scores, k = 1 .. n, where equal scores come in random order."""
    _, kept, lost = points(scores, losses)
    summed: Floats = np.interp(np.arange(1, len(scores) + 1), np.append(0.0, kept), np.append(0.0, lost))
    return summed
