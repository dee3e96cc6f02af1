"""Smooth calibration error: how far a score is from being a probability, without bins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import fft

from wild_aieval.metrics.aggregates import Floats

_CELLS, _STEPS = 1024, 20


class NullBand(NamedTuple):
    """What a perfectly calibrated score would show on as many items: the middle 95 %."""

    low: float
    median: float
    high: float


def smooth_error(scores: Sequence[float] | Floats, right: Sequence[float] | Floats) -> float:
    """The smECE of J. Błasiok and P. Nakkiran (ICLR 2024), in [0, 1]; 0 is perfect.

    The residuals right - score are smoothed over the scores with a Gaussian kernel reflected at 0 and 1; the error
    at a width is the mean absolute smoothed residual, and the width is the one that equals its own error.
    Scores in [0, 1]. Depends on the number of items: read it beside ``null_band``.
    """
    score, truth = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    return float(_errors(_residuals(score, truth[None, :]))[0])


def null_band(scores: Sequence[float] | Floats, seed: int, draws: int = 500) -> NullBand:
    """The error of these scores where each answer is right with the very probability that its score says."""
    score = np.asarray(scores, dtype=np.float64)
    generator = np.random.default_rng(seed)
    truth = (generator.random((draws, len(score))) < score).astype(np.float64)
    return NullBand(*(float(bound) for bound in np.quantile(_errors(_residuals(score, truth)), (0.025, 0.5, 0.975))))


def _residuals(score: Floats, truth: Floats) -> Floats:
    """Summed residuals in cells of the scores over the number of items; (draws, items) to (draws, cells)."""
    if not len(score) or not (np.isfinite(score).all() and score.min() >= 0 and score.max() <= 1):
        raise ValueError("smooth calibration needs scores in [0, 1]")
    cell = np.minimum((score * _CELLS).astype(np.int64), _CELLS - 1)
    away = (truth - score) / len(score)
    return np.stack([np.bincount(cell, row, _CELLS) for row in away])


def _errors(residuals: Floats) -> Floats:
    """For each row the width that equals its own error, by bisection; the error falls as the width grows.

    A Gaussian kernel reflected at both ends is diagonal in the cosine basis.
    """
    waves = fft.dct(residuals, axis=1)
    falling = -0.5 * (np.pi * np.arange(_CELLS)) ** 2
    low, high = np.zeros(len(residuals)), np.ones(len(residuals))
    for _ in range(_STEPS):
        width = (low + high) / 2
        smoothed = fft.idct(waves * np.exp(falling * width[:, None] ** 2), axis=1)
        above = np.abs(smoothed).sum(axis=1) > width
        low, high = np.where(above, width, low), np.where(above, high, width)
    found: Floats = (low + high) / 2
    return found
