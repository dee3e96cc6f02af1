"""Exact bounds: figures by hand, against scipy, and that they hold what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from wild_aieval.metrics import exact
from wild_aieval.metrics.exact import Bounded, Stratum


@given(n=st.integers(1, 400), data=st.data())
def test_bounds_are_those_of_scipy(n, data):
    k = data.draw(st.integers(0, n))
    theirs = stats.binomtest(k, n).proportion_ci(0.95, "exact")
    assert exact.share(k, n) == pytest.approx((k / n, theirs.low, theirs.high))


def test_caught_seeds():
    assert exact.lower(30, 30) == pytest.approx(0.905, abs=5e-4)
    assert exact.lower(60, 60) == pytest.approx(0.951, abs=5e-4)
    assert exact.lower(27, 30) == pytest.approx(0.76, abs=5e-3)
    assert exact.lower(90, 100) == pytest.approx(0.836, abs=5e-4)


def test_equal_weights_are_exact_and_unequal_ones_weigh():
    assert exact.weighted_share([True] + [False] * 58, [0.05] * 59) == exact.share(1, 59)
    # one wrong of 10 drawn with 1/2 stands for 2, 20 drawn with 1/4 stand for 80: 2 of 100
    found = exact.weighted_share([True] + [False] * 29, [0.5] * 10 + [0.25] * 20)
    assert found.value == pytest.approx(0.02)
    assert found.low < 0.02 < found.high < exact.share(1, 20).high
    assert exact.effective_number([2.0] * 10 + [4.0] * 20) == pytest.approx(100**2 / (40 + 320))


@pytest.mark.parametrize("probability", [0.0, 1.5, float("nan")])
def test_impossible_probabilities_are_refused(probability):
    with pytest.raises(ValueError, match="probability"):
        exact.weighted_share([True], [probability])


def test_difference_by_newcombe():
    """56/70 against 48/80 with Wilson's intervals: 0.2 [0.0524, 0.3339] (Newcombe 1998, example a, method 10)."""
    from wild_aieval.metrics.statistics import wilson

    one, other = (Bounded(k / n, *wilson(k, n)) for k, n in ((56, 70), (48, 80)))
    assert exact.difference(one, other) == pytest.approx((0.2, 0.0524, 0.3339), abs=1e-4)


def test_share_within_by_hand():
    """60 flagged with 20 wrong, all seen; 940 not flagged, 2 of 94 drawn wrong: 20 of about 40 were flagged."""
    inside = Stratum(60, [True] * 20 + [False] * 40, [1.0] * 60)
    outside = Stratum(940, [True] * 2 + [False] * 92, [0.1] * 94)
    found = exact.share_within(inside, outside)
    assert found.value == pytest.approx(0.5)
    assert 0.1 < found.low < 0.25 < 0.9 < found.high <= 1
    assert exact.share_within(Stratum(9, [False], [1.0]), Stratum(9, [False], [0.5])) is None


@pytest.mark.slow
def test_bounds_of_share_within_hold_and_those_of_a_bootstrap_would_not():
    generator, truth = np.random.default_rng(0), (100 * 0.3) / (100 * 0.3 + 900 * 0.02)
    held = boot_held = 0
    draws = 400
    for _ in range(draws):
        one, other = generator.random(100) < 0.3, generator.random(60) < 0.02
        found = exact.share_within(Stratum(100, one.tolist(), [1.0] * 100), Stratum(900, other.tolist(), [0.1] * 60))
        held += found.low <= truth <= found.high
        wrong_in = generator.binomial(100, one.mean(), 500)
        wrong_out = generator.binomial(60, other.mean(), 500) * 15
        low, high = np.quantile(wrong_in / np.maximum(wrong_in + wrong_out, 1), (0.025, 0.975))
        boot_held += low <= truth <= high
    assert held >= 0.95 * draws
    assert boot_held < 0.85 * draws


@pytest.mark.slow
def test_the_interval_of_an_audit_by_strata_holds_its_level():
    """Two strata drawn with 1/10 and 1/3, in which 3 % and 10 % are wrong."""
    generator, held, draws = np.random.default_rng(1), 0, 2000
    truth = (900 * 0.03 + 150 * 0.10) / 1050
    for _ in range(draws):
        marks = [*(generator.random(90) < 0.03).tolist(), *(generator.random(50) < 0.10).tolist()]
        found = exact.weighted_share(marks, [0.1] * 90 + [1 / 3] * 50)
        held += found.low <= truth <= found.high
    assert held >= 0.945 * draws


def test_median_and_its_interval():
    """Of 11 values the interval is from the 2nd to the 10th; of 3 it is all there is."""
    assert exact.median([float(value) for value in range(1, 12)]) == (6, 2, 10)
    assert exact.median([3.0, 1.0, 2.0]) == (2, 1, 3)


@settings(max_examples=20)
@given(n=st.integers(6, 200))
def test_the_interval_of_the_median_holds_its_level(n):
    low = int(exact.median([float(value) for value in range(n)]).low)
    assert 2 * stats.binom.cdf(low, n, 0.5) <= 0.05
