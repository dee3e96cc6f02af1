"""How often 95 % intervals hold the truth, over 1000 samples of 200 items from a known population."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from wild_aieval.metrics import labels, statistics

pytestmark = pytest.mark.slow

SAMPLES, N = 1000, 200
Floats = statistics.Floats


def _coverage(
    draw: Callable[[np.random.Generator], Floats], measure: Callable[[Floats], Floats], truth: float
) -> float:
    generator = np.random.default_rng(2024)
    inside = 0
    for seed in range(SAMPLES):
        value = statistics.from_sums(draw(generator), measure, "x", clusters=None, seed=seed)
        inside += value.low <= truth <= value.high  # type: ignore[operator]
    return inside / SAMPLES


@pytest.fixture(autouse=True)
def _fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "RESAMPLES", 500)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.83])
def test_wilson(share: float) -> None:
    successes = np.random.default_rng(1).binomial(N, share, SAMPLES)
    bounds = np.array([statistics.wilson(int(number), N) for number in successes])
    assert 0.92 <= ((bounds[:, 0] <= share) & (share <= bounds[:, 1])).mean() <= 0.98


def test_bootstrap_of_a_mean() -> None:
    def draw(generator: np.random.Generator) -> Floats:
        return np.column_stack([generator.beta(0.5, 1.5, N), np.ones(N)])

    assert 0.92 <= _coverage(draw, lambda s: s[:, 0] / s[:, 1], 0.25) <= 0.98


def test_bootstrap_of_a_ratio() -> None:
    # 0 to 5 terms a segment, each kept with 0.8: all kept over all terms.
    def draw(generator: np.random.Generator) -> Floats:
        wanted = generator.integers(0, 6, N)
        return np.column_stack([generator.binomial(wanted, 0.8), wanted]).astype(np.float64)

    assert 0.92 <= _coverage(draw, lambda s: s[:, 0] / s[:, 1], 0.8) <= 0.98


def test_bootstrap_of_macro_f1() -> None:
    # Joint distribution of truth (rows) and guess (columns): F1 of a class is 2 p_ii / (row + column).
    joint = np.array(
        [[0.30, 0.05, 0.03, 0.02], [0.06, 0.20, 0.02, 0.02], [0.02, 0.03, 0.11, 0.02], [0.02, 0.02, 0.02, 0.06]]
    )
    truth = float((2 * np.diag(joint) / (joint.sum(axis=0) + joint.sum(axis=1))).mean())

    def draw(generator: np.random.Generator) -> Floats:
        true, given = np.divmod(generator.choice(16, N, p=joint.ravel()), 4)
        columns = [((true == c) & (given == c), given == c, true == c) for c in range(4)]
        return np.column_stack([side for column in columns for side in column]).astype(np.float64)

    assert 0.92 <= _coverage(draw, labels.macro_f1(4), truth) <= 0.98
