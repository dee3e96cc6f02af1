"""Smooth calibration error and the area under the generalised risk-coverage curve."""

import itertools

import numpy as np
import pytest

from wild_aieval.metrics.selective import augrc
from wild_aieval.metrics.smooth_calibration import null_band, smooth_error


def _direct(scores, right):
    """smECE with the kernel written out: reflected Gaussians on a grid, width by a fine search."""
    scores, right = np.asarray(scores, float), np.asarray(right, float)
    grid = (np.arange(2000) + 0.5) / 2000

    def error(width):
        smoothed = np.zeros_like(grid)
        for shift in range(-4, 5):
            for mirrored in (scores + 2 * shift, -scores + 2 * shift):
                kernel = np.exp(-0.5 * ((grid[None] - mirrored[:, None]) / width) ** 2) / (width * np.sqrt(2 * np.pi))
                smoothed += ((right - scores)[:, None] * kernel).sum(axis=0)
        return np.abs(smoothed / len(scores)).mean()

    low, high = 1e-3, 1.0
    for _ in range(25):
        middle = (low + high) / 2
        low, high = (middle, high) if error(middle) > middle else (low, middle)
    return low


@pytest.mark.parametrize("seed", range(3))
def test_smooth_error_is_that_of_the_definition(seed):
    generator = np.random.default_rng(seed)
    scores = generator.random(60)
    right = generator.random(60) < scores**2
    assert smooth_error(scores, right) == pytest.approx(_direct(scores, right), abs=2e-3)


@pytest.mark.parametrize(("seed", "theirs"), [(0, 0.17674), (1, 0.17022), (2, 0.18418)])
def test_figures_of_relplot(seed, theirs):
    """What relplot 1.0.3 of the method's authors gives for the same 300 items."""
    generator = np.random.default_rng(seed)
    scores = generator.random(300)
    right = generator.random(300) < scores**2
    assert smooth_error(scores, right) == pytest.approx(theirs, abs=1e-3)


def test_a_score_that_is_far_off_shows():
    scores = np.full(400, 0.9)
    right = np.arange(400) % 2
    found, band = smooth_error(scores, right), null_band(scores, 0)
    assert band.low <= band.median <= band.high < found
    assert found == pytest.approx(0.4, abs=0.02)


def test_scores_outside_0_to_1_are_refused():
    with pytest.raises(ValueError, match="scores"):
        smooth_error([1.2], [1])


def test_augrc_by_hand():
    """Best first: right, wrong, right, wrong; kept and wrong 0, 1, 1, 2 of 4: mean 4 / 16."""
    assert augrc([0.9, 0.8, 0.7, 0.1], [0, 1, 0, 1]) == pytest.approx(0.25)
    assert augrc([0.5] * 4, [0, 1, 0, 1]) == pytest.approx((0.5 + 1 + 1.5 + 2) / 16)


def test_equal_scores_count_as_the_mean_of_their_orders():
    wrong = (1, 0, 0)
    orders = [sum(np.cumsum([1, *order])) / 16 for order in itertools.permutations(wrong)]
    assert augrc([0.9, 0.5, 0.5, 0.5], [1, *wrong]) == pytest.approx(np.mean(orders))
